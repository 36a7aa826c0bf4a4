"""The commands with which a person decides about clusters: pin, forbid, merge, split, undo."""
