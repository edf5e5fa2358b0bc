"""Conversations of a tenant's chat: the tables of Chainlit's official data layer, in the tenant's own schema."""
