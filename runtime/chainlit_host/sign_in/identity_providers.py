"""Seam: ``chainlit.oauth_providers``. Each tenant signs in at its own identity providers, with its own keys.

Chainlit reads addresses and keys from the environment while it defines the provider classes, once a process. Here the
same module is run again for each tenant that uses it, with that tenant's environment, and so in its own namespace.
"""

import hashlib
import hmac
import importlib.util
import secrets
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any, ClassVar, SupportsIndex
from urllib.parse import urlencode

import chainlit.oauth_providers
import chainlit.server
import structlog
from chainlit.auth import get_configuration
from chainlit.auth.cookie import validate_oauth_state_cookie
from chainlit.oauth_providers import OAuthProvider, get_configured_oauth_providers, get_oauth_provider
from fastapi import HTTPException, Request
from starlette.datastructures import URL
from starlette.responses import RedirectResponse, Response

from runtime.chainlit_host.addresses import PublicAddresses
from runtime.chainlit_host.apps.loading import AppLibrary
from runtime.chainlit_host.rebinding import rebind
from runtime.chainlit_host.sign_in.offered import send_to_provider, sign_in_options
from runtime.tenancy import NoTenantError, TenantHandle, current_handle
from tenants.contract.secrets import derive_key
from tenants.contract.state import AccessMode, TenantState

__all__ = ["IdentityProviders", "InvalidSignInStateError"]

log = structlog.get_logger(__name__)


class InvalidSignInStateError(ValueError):
    """What came back from an identity provider does not belong to a sign-in that this browser began here."""

    def __init__(self) -> None:
        super().__init__("The sign-in was not begun in this browser, or not at this tenant.")


class AppProviders(list[OAuthProvider]):
    """Chainlit's list ``providers``: what an app puts in or takes out while it is imported stays the app's."""

    library: ClassVar[AppLibrary]

    def _own(self) -> list[OAuthProvider]:
        app = self.library.current()
        if app is None:
            return self
        own: list[OAuthProvider] = app.server.setdefault("oauth_providers", list.copy(self))
        return own

    def append(self, item: OAuthProvider) -> None:
        """Add a provider to the current app's."""
        list.append(self._own(), item)

    def extend(self, items: Iterable[OAuthProvider]) -> None:
        """Add providers to the current app's."""
        list.extend(self._own(), items)

    def insert(self, index: SupportsIndex, item: OAuthProvider) -> None:
        """Add a provider at a place among the current app's."""
        list.insert(self._own(), index, item)

    def remove(self, item: OAuthProvider) -> None:
        """Take a provider from the current app's; ValueError when it is not there."""
        list.remove(self._own(), item)

    def clear(self) -> None:
        """Leave the current app without providers."""
        list.clear(self._own())


class IdentityProviders:
    """The providers of all tenants, and the states of sign-ins that are on their way."""

    def __init__(self, master_secret: str, library: AppLibrary, addresses: PublicAddresses) -> None:
        self._master_secret = master_secret
        self._library = library
        self._addresses = addresses
        self._stock = AppProviders(chainlit.oauth_providers.providers)

    def install(self) -> None:
        """Make Chainlit ask here."""
        rebind(get_configuration, sign_in_options)
        AppProviders.library = self._library
        rebind(chainlit.oauth_providers.providers, self._stock)
        rebind(get_oauth_provider, self.find)
        rebind(get_configured_oauth_providers, self.configured)
        rebind(validate_oauth_state_cookie, self.check_state)
        rebind(chainlit.server.get_user_facing_url, self.public_url)
        rebind(chainlit.server._get_oauth_redirect_error, self.back_to_sign_in)
        # The state of a sign-in is the only secret that Chainlit's server makes.
        vars(chainlit.server)["random_secret"] = self.create_state

    def find(self, provider_id: str) -> OAuthProvider | None:
        """Return the bound tenant's provider of that name (Chainlit's ``get_oauth_provider``)."""
        return next((provider for provider in self._of(_tenant()) if provider.id == provider_id), None)

    def configured(self) -> list[str]:
        """Return the names of the providers that the tenant has keys for (``get_configured_oauth_providers``).

        While an app is imported there is no tenant yet whose keys could be missing: any provider may be meant.
        """
        handle = current_handle()
        if handle is None:
            return [provider.id for provider in self._stock]
        return [provider.id for provider in self._of(handle) if provider.is_configured()]  # type: ignore[no-untyped-call]  # Chainlit's is untyped

    def create_state(self, _length: int = 32) -> str:
        """Return the state of a new sign-in at the bound tenant: random, and worth nothing at another tenant."""
        nonce = secrets.token_urlsafe(24)
        return f"{nonce}.{self._seal(nonce)}"

    def check_state(self, request: Request, state: str) -> None:
        """Raise ``InvalidSignInStateError`` unless the state is this browser's and was made for this tenant."""
        kept = request.cookies.get("oauth_state", "")
        same_browser = hmac.compare_digest(kept.encode(), state.encode())
        if not (same_browser and self._is_sealed(state)):
            raise InvalidSignInStateError

    async def check_posted_state(self, values: Mapping[str, Any]) -> None:
        """Check what a provider posts back (``response_mode=form_post``), whose state Chainlit never looks at.

        Browsers send no ``SameSite=Lax`` cookie along with what another site posts; then the seal is all there is.
        """
        request: Request = values["request"]
        state = (await request.form()).get("state")
        kept = request.cookies.get("oauth_state", state)
        if not isinstance(state, str) or kept != state or not self._is_sealed(state):
            log.warning("sign_in_not_begun_here")
            address = self.back_to_sign_in(request, "oauthSignin").headers["location"]
            raise HTTPException(303, "The sign-in was not begun here.", headers={"Location": address})

    async def begin(self, request: Request) -> Response:
        """Answer ``/auth/oauth/{provider_id}``: begin a sign-in at the tenant's canonical address.

        Providers send people back there, and the cookie that proves who began the sign-in must be there too. Members
        are sent on to the control plane.
        """
        state = _tenant().state
        if state.access.mode is AccessMode.MEMBERS:
            return send_to_provider(state, request.path_params["provider_id"], request.query_params.get("next"))
        if request.url.hostname not in {state.hosts[0], None}:
            return RedirectResponse(self.public_url(request.url))
        response: Response = await chainlit.server.oauth_login(request.path_params["provider_id"], request)
        return response

    def public_url(self, url: URL) -> str:
        """Return where a provider sends people back to: the tenant's canonical address, whatever the request says."""
        return self._addresses.of(_tenant().state).rstrip("/") + url.path

    def back_to_sign_in(self, _request: Request, error: str, status_code: int = 302) -> Response:
        """Send somebody whose sign-in failed to the form, at the tenant's own address (not at what Host claims)."""
        address = f"{self._addresses.of(_tenant().state)}login?{urlencode({'error': error})}"
        return RedirectResponse(address, status_code=status_code)

    def _is_sealed(self, state: str) -> bool:
        nonce, _, seal = state.partition(".")
        return hmac.compare_digest(seal.encode(), self._seal(nonce).encode())

    def _seal(self, nonce: str) -> str:
        key = _tenant().compiled("oauth_state_key", self._derive_key)
        return hmac.new(key.encode(), nonce.encode(), hashlib.sha256).hexdigest()

    def _derive_key(self, state: TenantState) -> str:
        return derive_key(self._master_secret, purpose="oauth-state", tenant_id=state.id, epoch=0)

    def _of(self, handle: TenantHandle) -> list[OAuthProvider]:
        return handle.compiled("oauth_providers", self._make)

    def _make(self, state: TenantState) -> list[OAuthProvider]:
        """Return the tenant's providers: Chainlit's, made anew, and those that its app brought."""
        app = self._library.find(state.app)
        brought: list[OAuthProvider] = app.server.get("oauth_providers", self._stock)
        stock = {type(provider).__name__: provider for provider in self._stock}
        fresh = vars(_run_again(chainlit.oauth_providers))
        made: list[OAuthProvider] = []
        for provider in brought:
            name = type(provider).__name__
            kind: Any = fresh[name] if stock.get(name) is provider else type(provider)
            try:
                made.append(kind())
            # A provider that an app wrote may want arguments; then it stays as the app made it.
            except TypeError:
                made.append(provider)
        return made


def _run_again(module: ModuleType) -> ModuleType:
    spec = module.__spec__
    if spec is None or spec.loader is None:
        raise ImportError(f"{module.__name__} cannot be run again.", name=module.__name__)
    again = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(again)
    return again


def _tenant() -> TenantHandle:
    handle = current_handle()
    if handle is None:
        raise NoTenantError
    return handle
