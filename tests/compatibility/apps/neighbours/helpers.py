"""A module that both of two apps have."""

OWNER = "neighbours"
