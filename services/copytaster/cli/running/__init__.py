"""The commands that run services, the demo and the stack, and what they start them with."""
