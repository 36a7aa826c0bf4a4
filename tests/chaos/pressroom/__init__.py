"""A newsroom without end for storms: as many invented articles as asked for, the same ones for the same numbers.

Needs aiohttp and nothing of the project, so that it also runs from a folder inside a container.
"""
