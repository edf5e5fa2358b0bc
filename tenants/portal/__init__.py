"""The settings page of a tenant's administrators, on the tenant's own domain."""
