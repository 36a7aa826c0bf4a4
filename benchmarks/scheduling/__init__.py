"""How well and how fast feeds are scheduled: `python -m benchmarks.scheduling`."""
