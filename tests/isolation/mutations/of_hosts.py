"""Guards of hosts, revisions, tokens and ways of signing in."""

from typing import Any

from tests.isolation.mutations.registry import without


@without("exactly one Host header", "host")
def take_the_first_host() -> None:
    from runtime.middleware import resolve

    resolve.single_host = lambda headers: next(value for name, value in headers if name == b"host")


@without("no default tenant", "host")
def serve_unknown_hosts() -> None:
    from runtime.state.resolver import Resolver

    resolve = Resolver.resolve

    async def resolve_or_any(self: Resolver, host: str) -> Any:
        return await resolve(self, host) or self._cache.by_tenant(next(iter(self._cache.tenant_ids)))

    Resolver.resolve = resolve_or_any


@without("headers forgotten when a host moves", "move a host")
def remember_headers() -> None:
    from runtime.state.cache import StateCache

    StateCache.drop_host = lambda self, host: self._by_host.pop(host, None)


@without("compiled once a revision", "publish", "page", "settings")
def keep_what_was_compiled() -> None:
    from runtime.tenancy import TenantHandle

    def replace(self: TenantHandle, published: Any) -> None:
        self._published = published

    TenantHandle.replace = replace


@without("a key for each tenant", "token", "socket token")
def sign_with_one_key() -> None:
    from tenants.contract import tokens

    derive = tokens.derive_key
    tokens.derive_key = lambda master, *, purpose, tenant_id, epoch: derive(
        master, purpose=purpose, tenant_id="everybody", epoch=0
    )


@without("the epoch in the key", "token", "socket token")
def forget_sign_outs() -> None:
    from tenants.contract import tokens

    derive = tokens.derive_key
    tokens.derive_key = lambda master, *, purpose, tenant_id, epoch: derive(
        master, purpose=purpose, tenant_id=tenant_id, epoch=0
    )


@without("the end of a member's sign-ins", "token", "socket token")
def believe_ended_sign_ins() -> None:
    from runtime.chainlit_host.sign_in import auth

    auth.check_not_ended = lambda person, state: None


@without("the audience of a token", "token", "socket token")
def take_any_audience() -> None:
    from runtime.chainlit_host.sign_in import auth
    from tenants.contract import tokens

    decode = tokens.jwt.decode

    def decode_for_anybody(token: str, key: str, *, audience: str, options: Any, **more: Any) -> Any:
        return decode(token, key, options={**options, "verify_aud": False}, **more)

    tokens.jwt = type("jwt", (), {**vars(tokens.jwt), "decode": staticmethod(decode_for_anybody)})
    auth._read_token_of_the_site = _refuse_token


def _refuse_token(*_: object) -> None:
    from jwt import InvalidTokenError

    raise InvalidTokenError


@without("the audience of a site's token", "token", "socket token")
def take_site_tokens_of_anybody() -> None:
    from runtime.chainlit_host.sign_in import auth

    read = auth._read_token_of_the_site

    def read_for_anybody(handle: Any, token: str) -> Any:
        import jwt

        claims = jwt.decode(token, options={"verify_signature": False})
        secret = auth.os.environ["CHAINLIT_AUTH_SECRET"]
        return read(handle, jwt.encode({**claims, "aud": handle.state.id}, secret))

    auth._read_token_of_the_site = read_for_anybody


@without("the signature of a token", "token", "socket token")
def believe_unsigned_tokens() -> None:
    from tenants.contract import tokens

    decode = tokens.jwt.decode

    def decode_unsigned(token: str, key: str, *, options: Any, algorithms: Any, **more: Any) -> Any:
        return decode(token, key, options={**options, "verify_signature": False, "verify_aud": True}, **more)

    tokens.jwt = type("jwt", (), {**vars(tokens.jwt), "decode": staticmethod(decode_unsigned)})


@without("the tenant's way of signing in", "token")
def offer_every_sign_in() -> None:
    from runtime.chainlit_host.sign_in.auth import SignIn

    code_for = SignIn.code_for
    SignIn.code_for = lambda self, state, code: code_for(self, state, code).model_copy(
        update={"header_auth_callback": code.header_auth_callback}
    )
