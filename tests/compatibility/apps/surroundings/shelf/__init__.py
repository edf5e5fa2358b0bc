"""A package that both of two apps have."""
