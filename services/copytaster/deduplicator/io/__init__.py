"""The deduplicator's talk with the world: its index, records and clusters in Redis."""
