"""The delivery engine of all services: read, decide, commit in one atomic step."""
