"""The command copytaster; one module a command."""
