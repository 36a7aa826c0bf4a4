"""What linking costs: time and bytes a story, in windows of ten thousand stories to a million. `make bench-linking` runs it."""
