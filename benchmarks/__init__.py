"""Measurements of quality and speed; each is one command and writes dated JSON."""
