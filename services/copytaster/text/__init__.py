"""Pure text work shared by the services; no I/O, no settings."""
