"""The extractor: turns a fetched page into one normalised story with its credits."""
