"""Signing in with an identity provider that speaks SAML 2.0: this side of it, the service provider.

``settings`` is what an administrator chooses, ``identity_provider`` reads it from the other side's metadata,
``messages`` asks, ``responses`` believes nothing that is not signed, ``attributes`` says who it is. ``services`` keep
what has to be remembered and end in ``tenants.identity.providers.vouching``.
"""
