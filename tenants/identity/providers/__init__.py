"""Identity providers of a tenant, of every kind: how they are set up, and whom they vouch for."""
