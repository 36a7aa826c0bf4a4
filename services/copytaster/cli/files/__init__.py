"""The commands that work on files, with the services' own code."""
