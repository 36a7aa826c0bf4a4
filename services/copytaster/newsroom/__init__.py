"""The demo newsroom: invented outlets that serve feeds and pages for a first run and for tests."""
