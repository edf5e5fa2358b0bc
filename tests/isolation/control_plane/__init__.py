"""Attacks on a real control plane: tenants whose people sign in by every way there is, and steal from each other."""
