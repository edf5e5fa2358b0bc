"""Everything that changes a tenant's assets."""
