"""What is set up of a proxy: the names of its headers."""

from collections.abc import Mapping
from typing import Any

from tenants.contract.errors import InvalidValueError
from tenants.contract.trusted_headers import InvalidHeaderNameError, TrustedHeaders, normalise_header_name

__all__ = ["PRESETS", "check_proxy_settings", "trusted_headers"]

FIELDS = ("email_header", "name_header", "groups_header")
USUAL_EMAIL_HEADER = "x-forwarded-email"

PRESETS = {
    "oauth2-proxy": TrustedHeaders("x-forwarded-email", "x-forwarded-preferred-username", "x-forwarded-groups"),
    "cloudflare-access": TrustedHeaders("cf-access-authenticated-user-email"),
    "authelia": TrustedHeaders("remote-email", "remote-name", "remote-groups"),
}
"""What well-known proxies call their headers when nobody says otherwise."""


def check_proxy_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a proxy's settings as they are stored, with the usual header of e-mail addresses where none is named.

    Raises ``InvalidValueError`` that names the field at fault.
    """
    if unknown := sorted(settings.keys() - set(FIELDS)):
        raise InvalidValueError(
            "provider_settings_invalid", f"A proxy has no setting “{unknown[0][:40]}”.", field="settings"
        )
    checked = {
        field: normalise_header_name(str(settings[field]), field=field)
        for field in FIELDS
        if str(settings.get(field, "")).strip()
    }
    checked = {"email_header": USUAL_EMAIL_HEADER, **checked}
    if len(set(checked.values())) != len(checked):
        raise InvalidHeaderNameError("Each header says one thing.", field="email_header")
    return checked


def trusted_headers(settings: Mapping[str, Any]) -> TrustedHeaders:
    """Return the headers of a proxy that is set up."""
    email, name, groups = (settings.get(field, "") for field in FIELDS)
    return TrustedHeaders(email or USUAL_EMAIL_HEADER, name, groups)
