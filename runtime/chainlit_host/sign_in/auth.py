"""Seam: Chainlit's sign-in. The tenant's access policy decides who may enter, and each tenant has its own tokens.

Members are signed in by whoever keeps them (``runtime.members``); their tokens are the settings page's, too
(``tenants.contract.tokens``). Where the app decides who enters, its callbacks run and its users get tokens of the same
form, which name no member.
"""

import asyncio
import os
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import jwt
import structlog
from chainlit.auth import (
    authenticate_user,
    clear_auth_cookie,
    get_current_user,
    get_token_from_cookies,
    is_oauth_enabled,
    require_login,
)
from chainlit.auth.jwt import create_jwt, decode_jwt, get_jwt_secret
from chainlit.config import CodeSettings, config
from chainlit.socket import _authenticate_connection, _get_token
from chainlit.user import User
from fastapi import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from runtime.asgi import Scope
from runtime.chainlit_host.rebinding import rebind
from runtime.chainlit_host.sign_in.activity import Activity
from runtime.groups import Groups, NoGroups
from runtime.members import Members, MembersUnavailableError
from runtime.request import connection_scope, current_request_id, find_request
from runtime.tenancy import NoTenantError, TenantHandle, current_handle
from runtime.trusted_proxy import withheld_headers
from tenants.contract.access import PASSWORD_METHOD, SignInKind
from tenants.contract.internal import HeaderAttempt, PasswordAttempt, SignInAnswer, SignOut
from tenants.contract.state import AccessMode, TenantState
from tenants.contract.tokens import (
    ALGORITHM,
    SignedIn,
    check_in_use,
    check_not_ended,
    create_member_token,
    encode_token,
    read_token,
    renew_token,
    signed_in,
    signing_key,
    wants_renewal,
)
from tenants.contract.trusted_headers import SECRET_HEADER

__all__ = ["NEXT_HEADER", "TOLD", "MemberUser", "SignIn", "sign_in_required"]

log = structlog.get_logger(__name__)

REFUSED = "sign_in_refused"
"""What is told as Chainlit tells a wrong password; every other refusal has a sentence of its own."""
NEXT_HEADER = "X-Sign-In-Next"
"""Where the sign-in page's script takes a browser that owes a second factor: a path on the tenant's host."""

TOLD = "sign_out.told"
"""In the scope of a request that signs out: tasks that its answer waits for, of where the browser goes on."""


class MemberUser(User):
    """A member as Chainlit and apps see one; ``person`` is what the token says of them, and nothing that is stored."""

    person: SignedIn

    @classmethod
    def of(cls, person: SignedIn) -> "MemberUser":
        """Return the user of a member."""
        user = cls(identifier=person.email, display_name=person.name, metadata={"role": person.role})
        user.person = person
        return user


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

    def __init__(self, master_secret: str, members: Members, groups: Groups | None = None) -> None:
        self._master_secret = master_secret
        self._members = members
        self._groups = groups or NoGroups()
        self._activity = Activity()
        self._telling: set[asyncio.Task[str]] = set()

    def install(self) -> None:
        """Put the tenant's rules in the place of Chainlit's one secret and of the app's callbacks."""
        rebind(require_login, sign_in_required)
        rebind(get_jwt_secret, self.key)
        rebind(create_jwt, self.create_token)
        rebind(decode_jwt, self.read_token)
        rebind(authenticate_user, self.authenticate)
        rebind(clear_auth_cookie, self.clear_cookie)
        rebind(_authenticate_connection, self._authenticate_connection)

    def code_for(self, state: TenantState, code: CodeSettings) -> CodeSettings:
        """Return the app's hooks as a tenant has them: who may enter is the tenant's to say, unless it lets the app."""
        if state.access.mode is AccessMode.APP:
            return code
        of_members = state.access.mode is AccessMode.MEMBERS
        by_password = of_members and state.access.offers(PASSWORD_METHOD.id)
        by_headers = of_members and bool(state.access.proxies)
        return code.model_copy(
            update={
                "password_auth_callback": self.check_password if by_password else None,
                "header_auth_callback": self.check_headers if by_headers else None,
                "oauth_callback": None,
            }
        )

    def key(self) -> str:
        """Return the bound tenant's signing key (Chainlit's ``get_jwt_secret``)."""
        return _tenant().compiled("token_key", self._derive_key)

    def _derive_key(self, state: TenantState) -> str:
        return signing_key(self._master_secret, state)

    def create_token(self, user: User) -> str:
        """Return a token for somebody who signed in at the bound tenant (Chainlit's ``create_jwt``)."""
        state = _tenant().state
        if isinstance(user, MemberUser):
            return create_member_token(user.person, key=self.key(), state=state)
        claims = {
            "identifier": user.identifier,
            "display_name": user.display_name,
            "metadata": user.metadata,
            "sid": str(uuid4()),
            "access": state.access.mode.value,
        }
        expires_at = int(datetime.now(UTC).timestamp()) + config.project.user_session_timeout
        return encode_token(claims, key=self.key(), tenant_id=state.id, expires_at=expires_at)

    def read_token(self, token: str) -> User:
        """Return whom a token speaks of (Chainlit's ``decode_jwt``); raises ``jwt.InvalidTokenError``."""
        claims = self._read_claims(token)
        person = signed_in(claims)
        if person is not None:
            return MemberUser.of(person)
        return User(
            identifier=claims["identifier"],
            display_name=claims.get("display_name"),
            metadata=claims.get("metadata") or {},
        )

    async def authenticate(self, token: str) -> User:
        """Return whose a token is (Chainlit's ``authenticate_user``), a member with what the token says of them.

        What a data layer has of a member is from a sign-in at the chat's own form, which may be long ago: the role
        there says nothing of what they may do now.
        """
        user: User = await authenticate_user(token)
        if not isinstance(user, MemberUser):
            said = self.read_token(token)
            if isinstance(said, MemberUser):
                user.metadata = {**user.metadata, **said.metadata}
        handle = _tenant()
        if handle.flags.names_groups and handle.state.access.mode is AccessMode.MEMBERS:
            # Before any hook runs for them: flags are evaluated without waiting.
            await self._groups.refresh(handle.state, user.identifier.lower())
        return user

    def user_of(self, scope: Scope) -> User | None:
        """Return whom a request's token names, or None without one; raises ``jwt.InvalidTokenError``."""
        token = _token_of(scope)
        return self.read_token(token) if token and sign_in_required() else None

    def _read_claims(self, token: str, scope: Scope | None = None) -> dict[str, Any]:
        """Return what a token says, once it is sure that the bound tenant's policy still lets it in.

        ``scope`` is of the request that carries it; without one, of the request that this code runs for.
        """
        state = _tenant().state
        try:
            claims = read_token(token, key=self.key(), tenant_id=state.id)
            check_in_use(claims, state, last_used=self._activity.last_used(state.id, claims.get("sid", "")))
        except jwt.InvalidSignatureError:
            # A web site says by ``exp`` how long its own tokens last.
            claims = _read_token_of_the_site(_tenant(), token)
        if claims["access"] != state.access.mode.value or not sign_in_required():
            raise jwt.InvalidTokenError("The token was given under another access policy.")
        person = signed_in(claims)
        if person is not None:
            check_not_ended(person, state)
            headers = withheld_headers(scope or connection_scope())
            if headers and state.access.names_another(person.method, person.email, headers):
                raise jwt.InvalidTokenError("The proxy names somebody else now.")
        return claims

    def is_signed_in(self, scope: Scope) -> bool:
        """Say whether a request carries a token that is worth something at the bound tenant."""
        return bool(_token_of(scope)) and not self.is_over(scope)

    def is_over(self, scope: Scope) -> bool:
        """Say whether a request carries a token that is worth nothing at the bound tenant, or no longer."""
        token = _token_of(scope)
        if not token:
            return False
        try:
            self._read_claims(token, scope)
        except jwt.InvalidTokenError:
            return True
        return False

    def note_use(self, scope: Scope) -> bool:
        """Note that the sign-in of a request, or of a socket that it opened, is used; False where that is over."""
        token = _token_of(scope)
        # Where the chat asks for no sign-in, one that the browser has for the settings says nothing about the chat.
        if not token or not sign_in_required():
            return True
        try:
            claims = self._read_claims(token, scope)
        except jwt.InvalidTokenError:
            return False
        if claims.get("sid"):
            self._activity.note(_tenant().state.id, claims["sid"])
        return True

    def renewed_token(self, scope: Scope) -> str | None:
        """Return the token that the browser of a request in use should have from now on.

        None where the one it has is fresh, worth nothing, or not the tenant's to give.
        """
        token = _token_of(scope)
        if not token or self.is_over(scope):
            return None
        try:
            claims = read_token(token, key=self.key(), tenant_id=_tenant().state.id)
        except jwt.InvalidTokenError:
            return None
        return renew_token(claims, key=self.key()) if wants_renewal(claims, _tenant().state) else None

    async def check_password(self, email: str, password: str) -> User | None:
        """Return the member of the bound tenant with these credentials, or None.

        Raises ``MembersUnavailableError`` (HTTP 503) when they cannot be asked: that is not a wrong password and must
        not look like one; HTTP 429 where too many attempts came from one address, 403 where the policy refuses, and
        428 with ``NEXT_HEADER`` where the browser goes on elsewhere.
        """
        state, request = _tenant().state, find_request()
        attempt = PasswordAttempt(
            tenant_id=state.id,
            email=email.strip().lower(),
            password=password,
            address=request.client.host if request and request.client else "",
            user_agent=request.headers.get("user-agent", "") if request else "",
            request_id=current_request_id(),
        )
        return _admitted(await self._members.sign_in(state, attempt), state)

    async def check_headers(self, _headers: Any) -> User | None:
        """Return whom the proxy before the gateway names in a request, or None where none of them stands for it.

        What Chainlit gives a callback has the proxy's headers no more; they are beside. Raises as ``check_password``.
        """
        state, scope = _tenant().state, connection_scope()
        sent = withheld_headers(scope)
        if not any(name == SECRET_HEADER.encode() for name, _ in sent):
            return None
        request = find_request()
        attempt = HeaderAttempt(
            tenant_id=state.id,
            headers=tuple(sent),
            address=request.client.host if request and request.client else "",
            user_agent=request.headers.get("user-agent", "") if request else "",
            request_id=current_request_id(),
        )
        return _admitted(await self._members.sign_in_named(state, attempt), state)

    def clear_cookie(self, request: Request, response: Response) -> None:
        """Take the sign-in's cookie away (Chainlit's ``clear_auth_cookie``), and tell who keeps a list of sign-ins."""
        clear_auth_cookie(request, response)
        try:
            user = self.read_token(get_token_from_cookies(dict(request.cookies)) or "")
        except jwt.InvalidTokenError:
            return
        if isinstance(user, MemberUser):
            address = request.client.host if request.client else ""
            person, tenant_id = user.person, _tenant().state.id
            message = SignOut(tenant_id=tenant_id, sign_in=person.sign_in, email=person.email, address=address)
            task = asyncio.get_running_loop().create_task(self._tell(message))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)
            if TOLD in request.scope and _is_of_provider(person):
                request.scope[TOLD].append(task)

    async def _tell(self, message: SignOut) -> str:
        try:
            return await self._members.sign_out(message)
        except MembersUnavailableError:
            # The browser has given its token away all the same; the list shows the sign-in until it would have ended.
            log.warning("sign_out_not_told", tenant=message.tenant_id)
            return ""

    async def _authenticate_connection(self, environ: dict[str, Any]) -> tuple[User, str] | tuple[None, None]:
        """Say who opens a socket (Chainlit's ``_authenticate_connection``), and whether they are still a member."""
        token = _get_token(environ)
        if not token:
            return None, None
        user = await get_current_user(token=token)
        if user is None or not await self._is_still_member(token):
            return None, None
        return user, token

    async def _is_still_member(self, token: str) -> bool:
        user, state = self.read_token(token), _tenant().state
        if not isinstance(user, MemberUser):
            return True
        try:
            return await self._members.is_member(state, user.person)
        except MembersUnavailableError:
            # People who are signed in go on chatting while the list of members is away.
            log.warning("membership_not_rechecked", tenant=state.slug)
            return True


def _is_of_provider(person: SignedIn) -> bool:
    """Say whether somebody signed in at an identity provider that may have a sign-in of its own to end."""
    kinds = (SignInKind.OIDC, SignInKind.SAML)
    return any(way.id == person.method and way.kind in kinds for way in _tenant().state.access.methods)


def _admitted(answer: SignInAnswer, state: TenantState) -> MemberUser | None:
    """Return who was signed in, None for what is told as a wrong password, or raise what tells why not."""
    if answer.person is not None:
        return MemberUser.of(answer.person)
    if answer.next:
        # The page's sentence for 401 would say that the password is wrong.
        raise HTTPException(428, "Signing in takes one more step.", headers={NEXT_HEADER: answer.next})
    log.info("sign_in_refused", tenant=state.slug)
    if answer.refusal is not None and answer.refusal.code != REFUSED:
        raise HTTPException(status_code=answer.refusal.status, detail=answer.refusal.message)
    return None


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


def _token_of(scope: Scope) -> str | None:
    return get_token_from_cookies(dict(HTTPConnection(scope).cookies))


def _tenant() -> TenantHandle:
    handle = current_handle()
    if handle is None:
        raise NoTenantError
    return handle
