"""The fetcher's talk with the world: HTTP, DNS, Redis."""
