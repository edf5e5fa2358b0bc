"""Members of the control plane: it signs them in, and the runtime only asks it to."""

import httpx
import msgspec
import structlog

from runtime.members import MembersUnavailableError
from tenants.contract.internal import (
    HEADER_PATH,
    PASSWORD_PATH,
    SIGN_OUT_PATH,
    HeaderAttempt,
    PasswordAttempt,
    SignInAnswer,
    SignOut,
    decode_answer,
    decode_sign_out_answer,
    encode_message,
    internal_key,
    signature_headers,
)
from tenants.contract.state import TenantState
from tenants.contract.tokens import SignedIn

__all__ = ["ControlPlaneMembers"]

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 10.0
MOST_CONNECTIONS = 16
"""A sign-in takes the control plane a hash of 100 MiB; more at once would only wait there."""


class ControlPlaneMembers:
    """Asks the control plane over HTTP. ``host`` is the platform's, as the control plane expects it."""

    has_settings = True

    def __init__(self, url: str, *, host: str, master_secret: str) -> None:
        self._host = host
        self._key = internal_key(master_secret)
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=MOST_CONNECTIONS),
            trust_env=False,
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def sign_in(self, state: TenantState, attempt: PasswordAttempt) -> SignInAnswer:
        """See ``runtime.members.Members``."""
        return await self._ask(PASSWORD_PATH, attempt)

    async def sign_in_named(self, state: TenantState, attempt: HeaderAttempt) -> SignInAnswer:
        """See ``runtime.members.Members``."""
        return await self._ask(HEADER_PATH, attempt)

    async def _ask(self, path: str, attempt: PasswordAttempt | HeaderAttempt) -> SignInAnswer:
        response = await self._post(path, encode_message(attempt))
        try:
            return decode_answer(response.content)
        except msgspec.DecodeError as error:
            log.warning("control_plane_not_understood")
            raise MembersUnavailableError from error

    async def sign_out(self, message: SignOut) -> str:
        """See ``runtime.members.Members``."""
        response = await self._post(SIGN_OUT_PATH, encode_message(message))
        if not response.content:
            return ""
        try:
            return decode_sign_out_answer(response.content).next
        except msgspec.DecodeError as error:
            log.warning("control_plane_not_understood")
            raise MembersUnavailableError from error

    async def is_member(self, state: TenantState, person: SignedIn) -> bool:
        """See ``runtime.members.Members``: who is one no more has their sign-ins ended in the tenant's state."""
        return True

    async def _post(self, path: str, body: bytes) -> httpx.Response:
        headers = {"Host": self._host, "Content-Type": "application/json", **signature_headers(self._key, path, body)}
        try:
            response = await self._client.post(path, content=body, headers=headers)
        except httpx.HTTPError as error:
            log.warning("control_plane_not_reached", reason=type(error).__name__)
            raise MembersUnavailableError from error
        if not response.is_success:
            log.warning("control_plane_refused", status=response.status_code)
            raise MembersUnavailableError
        return response
