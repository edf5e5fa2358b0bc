"""Seam: Chainlit's sign-in. The tenant's access policy decides who may enter, and each tenant has its own tokens.

A token is signed with a key derived for the tenant and its sign-out epoch, names the tenant as its audience, and says
by which kind of policy it was given; so it is worth nothing at another tenant, after everyone was signed out, or after
the policy changed.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import structlog
from chainlit.auth import get_current_user, is_oauth_enabled, require_login
from chainlit.auth.jwt import create_jwt, decode_jwt, get_jwt_secret
from chainlit.config import CodeSettings, config
from chainlit.socket import _authenticate_connection, _get_token
from chainlit.user import User
from fastapi import HTTPException

from runtime.chainlit_host.rebinding import rebind
from runtime.chainlit_host.sign_in.passwords import PasswordChecker
from runtime.members import MemberDirectory, MemberRecord
from runtime.tenancy import NoTenantError, TenantHandle, current_handle
from tenants.contract.secrets import derive_key
from tenants.contract.state import AccessMode, TenantState

__all__ = ["MEMBERS_UNAVAILABLE", "SignIn", "sign_in_required"]

log = structlog.get_logger(__name__)

ALGORITHM = "HS256"
ISSUER = "chainlit-tenants"
REQUIRED_CLAIMS = ("exp", "iat", "aud", "iss", "access", "identifier")
MEMBERS_UNAVAILABLE = "Signing in is not possible just now. Please try again in a moment."


def sign_in_required() -> bool:
    """Say whether the bound tenant lets only signed-in people chat (Chainlit's ``require_login``)."""
    handle = current_handle()
    if handle is None or handle.state.access.mode is AccessMode.ANONYMOUS:
        return False
    return handle.state.access.mode is AccessMode.MEMBERS or _app_asks_for_sign_in()


def _app_asks_for_sign_in() -> bool:
    """Answer as Chainlit's own ``require_login`` does, from the app's callbacks and environment."""
    code = config.code
    return bool(
        os.environ.get("CHAINLIT_CUSTOM_AUTH")
        or code.password_auth_callback is not None
        or code.header_auth_callback is not None
        or is_oauth_enabled()  # type: ignore[no-untyped-call]  # Chainlit's is untyped
    )


class SignIn:
    """Tokens and sign-in callbacks for all tenants."""

    def __init__(self, master_secret: str, members: MemberDirectory) -> None:
        self._master_secret = master_secret
        self._members = members
        self._passwords = PasswordChecker()

    def install(self) -> None:
        """Put the tenant's rules in the place of Chainlit's one secret and of the app's callbacks."""
        rebind(require_login, sign_in_required)
        rebind(get_jwt_secret, self.key)
        rebind(create_jwt, self.create_token)
        rebind(decode_jwt, self.read_token)
        rebind(_authenticate_connection, self._authenticate_connection)

    def code_for(self, state: TenantState, code: CodeSettings) -> CodeSettings:
        """Return the app's hooks as a tenant has them: who may enter is the tenant's to say, unless it lets the app."""
        if state.access.mode is AccessMode.APP:
            return code
        callback = self.check_password if state.access.mode is AccessMode.MEMBERS else None
        return code.model_copy(
            update={"password_auth_callback": callback, "header_auth_callback": None, "oauth_callback": None}
        )

    def key(self) -> str:
        """Return the bound tenant's signing key (Chainlit's ``get_jwt_secret``)."""
        return _tenant().compiled("token_key", self._derive_key)

    def _derive_key(self, state: TenantState) -> str:
        return derive_key(self._master_secret, purpose="jwt", tenant_id=state.id, epoch=state.access.sign_out_epoch)

    def create_token(self, user: User) -> str:
        """Return a token for somebody who signed in at the bound tenant (Chainlit's ``create_jwt``)."""
        state, now = _tenant().state, datetime.now(UTC)
        claims = {
            "identifier": user.identifier,
            "display_name": user.display_name,
            "metadata": user.metadata,
            "iss": ISSUER,
            "aud": state.id,
            "access": state.access.mode.value,
            "iat": now,
            "exp": now + timedelta(seconds=config.project.user_session_timeout),
        }
        return jwt.encode(claims, self.key(), algorithm=ALGORITHM)

    def read_token(self, token: str) -> User:
        """Return whom a token speaks of (Chainlit's ``decode_jwt``); raises ``jwt.InvalidTokenError``."""
        state = _tenant().state
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self.key(),
                algorithms=[ALGORITHM],
                audience=state.id,
                issuer=ISSUER,
                options={"require": list(REQUIRED_CLAIMS)},
            )
        except jwt.InvalidSignatureError:
            claims = _read_token_of_the_site(_tenant(), token)
        if claims["access"] != state.access.mode.value or not sign_in_required():
            raise jwt.InvalidTokenError("The token was given under another access policy.")
        return User(
            identifier=claims["identifier"],
            display_name=claims.get("display_name"),
            metadata=claims.get("metadata") or {},
        )

    async def check_password(self, email: str, password: str) -> User | None:
        """Return the member of the bound tenant with these credentials, or None.

        Raises HTTP 503 when the members cannot be asked: that is not a wrong password and must not look like one.
        """
        state = _tenant().state
        try:
            member = await self._members.find_member(state.schema, email.strip().lower())
        except Exception as error:
            log.exception("members_unavailable", tenant=state.slug)
            raise HTTPException(status_code=503, detail=MEMBERS_UNAVAILABLE) from error
        matched = await self._passwords.matches(password, member.password if member else None)
        if member is None or not matched or not member.is_active:
            log.info("sign_in_refused", tenant=state.slug)
            return None
        return _user(member)

    async def _authenticate_connection(self, environ: dict[str, Any]) -> tuple[User, str] | tuple[None, None]:
        """Say who opens a socket (Chainlit's ``_authenticate_connection``), and whether they are still a member."""
        token = _get_token(environ)
        if not token:
            return None, None
        user = await get_current_user(token=token)
        if user is None or not await self._is_still_member(user):
            return None, None
        return user, token

    async def _is_still_member(self, user: User) -> bool:
        state = _tenant().state
        if state.access.mode is not AccessMode.MEMBERS:
            return True
        try:
            member = await self._members.find_member(state.schema, user.identifier)
        except Exception:  # noqa: BLE001 - whatever keeps the members from answering, the token itself is good
            # People who are signed in go on chatting while the database is away.
            log.warning("membership_not_rechecked", tenant=state.slug)
            return True
        return member is not None and member.is_active


def _read_token_of_the_site(handle: TenantHandle, token: str) -> dict[str, Any]:
    """Read a token that the tenant's own web site made with ``CHAINLIT_AUTH_SECRET``, as for the Copilot widget.

    Only where the app decides who enters. The tenant's own secret speaks for the tenant; one that an app brings is
    the same for all its tenants, so with it a token must name the tenant as its audience.
    """
    state = handle.state
    secret = os.environ.get("CHAINLIT_AUTH_SECRET")
    if state.access.mode is not AccessMode.APP or not secret:
        raise jwt.InvalidSignatureError("The token was not given by this tenant.")
    required = ["exp", "identifier"]
    if secret != handle.own_environment.get("CHAINLIT_AUTH_SECRET"):
        required.append("aud")
    claims: dict[str, Any] = jwt.decode(
        token, secret, algorithms=[ALGORITHM], options={"require": required, "verify_aud": False}
    )
    if "aud" in claims and claims["aud"] != state.id:
        raise jwt.InvalidAudienceError("The token was made for another tenant.")
    return {**claims, "access": AccessMode.APP.value}


def _tenant() -> TenantHandle:
    handle = current_handle()
    if handle is None:
        raise NoTenantError
    return handle


def _user(member: MemberRecord) -> User:
    return User(identifier=member.email, display_name=member.name, metadata={"role": member.role})
