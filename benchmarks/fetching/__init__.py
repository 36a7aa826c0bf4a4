"""What polling costs: see `python -m benchmarks.fetching --help`."""
