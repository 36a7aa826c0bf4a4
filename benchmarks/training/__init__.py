"""Scripts that make the data files of the application from the open evaluation data."""
