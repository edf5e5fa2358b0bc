"""Commands of the assets."""
