"""The events of Copytaster."""
