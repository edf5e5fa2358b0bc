"""The operators' admin: presentation only, over the services of ``tenants``."""
