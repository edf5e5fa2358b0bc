"""Load, made in a process of its own so that it never waits for the bench, nor the server for it."""
