"""Conversations in real tenants' schemas, written and read by a real runtime process."""
