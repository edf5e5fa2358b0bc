"""Operators signing in."""
