"""Seam: what Chainlit's sign-in page offers where members sign in: what the tenant's policy does, in its order.

Providers of members are the control plane's. The page lists them as it would an app's own, and sends the browser to
``/auth/oauth/<id>``, from where it goes on to the control plane's address of that method.
"""

from typing import Any
from urllib.parse import urlencode, urlsplit

from chainlit.auth import get_configuration
from starlette.responses import RedirectResponse, Response

from runtime.tenancy import current_handle
from tenants.contract.state import AccessMode, TenantState

__all__ = ["send_to_provider", "sign_in_options"]

FORM = "/login"


def sign_in_options() -> dict[str, Any]:
    """Return how people sign in at the bound tenant (Chainlit's ``get_configuration``)."""
    options: dict[str, Any] = get_configuration()  # type: ignore[no-untyped-call]  # Chainlit's is untyped
    handle = current_handle()
    if handle is not None and handle.state.access.mode is AccessMode.MEMBERS:
        options["oauthProviders"] = [method.id for method in handle.state.access.providers]
    return options


def send_to_provider(state: TenantState, provider_id: str, wanted: str | None) -> Response:
    """Send a browser on to one of the policy's providers, and from there to ``wanted``, a path of the tenant's host.

    Who asks for one that is not offered (any more) is back at the form, with a sentence.
    """
    if all(method.id != provider_id for method in state.access.providers):
        return RedirectResponse(f"{FORM}?{urlencode({'error': 'provider_not_found'})}", status_code=302)
    query = urlencode({"next": _own_path(wanted)})
    return RedirectResponse(f"/settings/sign-in/with/{provider_id}/?{query}", status_code=302)


def _own_path(wanted: str | None) -> str:
    """Return a path of this host as it was asked for, and the first page for everything else.

    Browsers read a backslash as a slash, and leave tabs and line ends out (https://url.spec.whatwg.org).
    """
    if not wanted or not wanted.startswith("/") or not wanted.isascii() or not wanted.isprintable():
        return "/"
    if "\\" in wanted or wanted.startswith("//"):
        return "/"
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else wanted
