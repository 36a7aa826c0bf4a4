"""The extractor's talk with the world: worker processes and Redis."""
