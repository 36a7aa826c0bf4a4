"""The fetcher: polls feeds and fetches the articles behind their items."""
