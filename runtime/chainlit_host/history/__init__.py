"""Conversations kept in the tenant's own schema, and what a visitor is told when they cannot be."""
