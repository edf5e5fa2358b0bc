"""What an administrator chooses for an identity provider that speaks SAML: the ``settings`` of its row."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from tenants.identity.saml.certificates import MAXIMUM_CERTIFICATES

__all__ = ["NameIdFormat", "SamlSettings"]

Text = Annotated[str, Meta(max_length=300)]
Url = Annotated[str, Meta(pattern=r"^(https?://[^\s<>\"']+)?\Z", max_length=1000)]


class NameIdFormat(StrEnum):
    """What a person is to be called by (SAML core, 8.3)."""

    UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
    PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"


class SamlSettings(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The identity provider, and what is believed of it. Attribute names are empty where the usual ones are meant."""

    entity_id: Annotated[str, Meta(min_length=1, max_length=1024)]
    sso_url: Annotated[Url, Meta(min_length=1)]
    """Where a browser is sent to sign in, by the redirect binding."""
    certificates: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MAXIMUM_CERTIFICATES)]
    """Whose keys may sign: base64 of the DER. Several while the provider changes from one to the next."""
    slo_url: Url = ""
    """Where a browser is sent to sign out; empty where the provider has no such place."""
    metadata_url: Url = ""
    """From where the three above are read again; empty where they were pasted."""
    name_id_format: NameIdFormat = NameIdFormat.UNSPECIFIED
    email_attribute: Text = ""
    name_attribute: Text = ""
    groups_attribute: Text = ""
    vouches_for_email: bool = False
    """The provider gives addresses only to whose they are, so that they count as verified."""
    signs_requests: bool = True
    wants_signed_assertion: bool = True
    """False where a signature around the whole answer is enough."""
    allows_unsolicited: bool = False
    """Sign-ins may begin at the provider, from its page of applications."""
