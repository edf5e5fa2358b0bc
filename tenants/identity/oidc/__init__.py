"""OpenID Connect, and GitHub's OAuth 2.0: signing in at a tenant's identity provider, and what is believed of it."""
