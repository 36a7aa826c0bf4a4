"""The demo newsroom: invented outlets with feeds and pages of our own writing, served on loopback."""
