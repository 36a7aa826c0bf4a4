"""Delivery speed: our engine, a hand-written loop, and FastStream's documented idiom over the same events."""
