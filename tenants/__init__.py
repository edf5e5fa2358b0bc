"""The domain of chainlit-tenants: what a tenant is, how it is edited and how it is published."""
