"""The commands that change and show the list of feeds."""
