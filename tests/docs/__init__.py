"""The documentation speaks of what exists, and of all of it."""
