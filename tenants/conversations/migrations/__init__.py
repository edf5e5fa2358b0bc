"""Migrations of the conversations' tables."""
