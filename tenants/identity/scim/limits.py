"""How often directories may ask."""

from tenants.identity.attempts.limits import Limit

__all__ = ["ADDRESS_TOLD", "REFUSAL", "REQUEST"]

REFUSAL = Limit("scim-refusal", free=20, window=600, first_delay=10, longest_delay=300)
"""Requests of one network address with a token that is none: those beyond are told to wait, and are not logged."""
REQUEST = Limit("scim-request", free=60, window=2, first_delay=1, longest_delay=2)
"""Requests with one token: 30 a second go on for ever, which is more than Microsoft Entra asks for (25)."""
ADDRESS_TOLD = Limit("scim-address", free=1, window=86_400, first_delay=86_400, longest_delay=86_400)
"""Entries of the audit log that say from which address a token is used: one a day and address."""
