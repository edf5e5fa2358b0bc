"""Who an assertion is about: attributes under the names that identity providers give them."""

from collections.abc import Mapping
from typing import NamedTuple

from tenants.identity.saml.settings import SamlSettings

__all__ = ["Described", "describe_subject"]

_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_MICROSOFT = "http://schemas.microsoft.com/ws/2008/06/identity/claims/"

EMAILS = (
    f"{_CLAIMS}emailaddress",  # Microsoft Entra, AD FS
    "email", "mail", "emailAddress", "Email", "User.email",  # Okta, Google, Keycloak, OneLogin
    "urn:oid:0.9.2342.19200300.100.1.3", "urn:oid:1.2.840.113549.1.9.1",  # federations, Keycloak
    f"{_CLAIMS}upn", f"{_CLAIMS}name",  # where Entra and AD FS send nothing else
)  # fmt: skip
NAMES = (
    "displayName", "http://schemas.microsoft.com/identity/claims/displayname", "name", "cn",
    "urn:oid:2.16.840.1.113730.3.1.241", "urn:oid:2.5.4.3",
)  # fmt: skip
GIVEN_NAMES = (f"{_CLAIMS}givenname", "givenName", "firstName", "first_name", "urn:oid:2.5.4.42")
FAMILY_NAMES = (f"{_CLAIMS}surname", "sn", "surname", "lastName", "last_name", "urn:oid:2.5.4.4")
GROUPS = (
    f"{_MICROSOFT}groups", f"{_MICROSOFT}role", "http://schemas.xmlsoap.org/claims/Group",
    "groups", "group", "memberOf", "Role", "roles", "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
)  # fmt: skip
MAXIMUM_GROUPS = 1000
MAXIMUM_LENGTH = 300


class Described(NamedTuple):
    """What is known of somebody; ``email`` may be empty."""

    email: str
    name: str
    groups: tuple[str, ...]


def describe_subject(settings: SamlSettings, *, name_id: str, attributes: Mapping[str, tuple[str, ...]]) -> Described:
    """Return who it is, by the names that the administrator chose, or else the usual ones."""
    email = _first(attributes, settings.email_attribute, EMAILS)
    if "@" not in email and not settings.email_attribute:
        email = name_id if "@" in name_id else ""
    name = _first(attributes, settings.name_attribute, NAMES)
    if not name and not settings.name_attribute:
        name = f"{_first(attributes, '', GIVEN_NAMES)} {_first(attributes, '', FAMILY_NAMES)}".strip()
    groups = _values(attributes, settings.groups_attribute, GROUPS)
    return Described(email.strip().lower()[:254], name[:80], tuple(group[:MAXIMUM_LENGTH] for group in groups))


def _first(attributes: Mapping[str, tuple[str, ...]], chosen: str, usual: tuple[str, ...]) -> str:
    return next(iter(_values(attributes, chosen, usual)), "")


def _values(attributes: Mapping[str, tuple[str, ...]], chosen: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    for name in (chosen,) if chosen else usual:
        values = tuple(value for value in attributes.get(name, ()) if value)
        if values:
            return values[:MAXIMUM_GROUPS]
    return ()
