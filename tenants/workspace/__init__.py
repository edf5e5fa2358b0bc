"""What a tenant owns, in the tenant's schema: branding, features, flags, access, environment, members."""
