"""Word tables of the text modules, written as plain lines of words."""

from __future__ import annotations


def words(table: str) -> frozenset[str]:
    """The whitespace-separated entries of `table`."""
    return frozenset(table.split())
