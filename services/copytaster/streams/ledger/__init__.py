"""The ledger: every item of a feed is counted once when it is first seen, and once when its fate is known."""
