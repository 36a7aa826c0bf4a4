"""The deduplicator: links the copies of one story with evidence and derives the clusters."""
