"""A module that the other twin has too."""

SIDE = "right"
