"""The commands that look at a running desk, explain it, and handle what is dead."""
