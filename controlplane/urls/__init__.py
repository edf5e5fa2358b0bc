"""Two address spaces: the platform's hosts and the tenants' domains."""
