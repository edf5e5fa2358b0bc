"""The settings page of a tenant."""
