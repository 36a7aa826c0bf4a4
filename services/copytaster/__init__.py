"""Copytaster: feeds in, clusters of syndicated copies out, with evidence for every link."""

__version__ = "0.1.0"
