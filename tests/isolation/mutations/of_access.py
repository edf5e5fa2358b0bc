"""Guards of the access policy: from where, for how long, and what a proxy says of people."""

from tests.isolation.mutations.registry import without


@without("the networks of a tenant", "outside")
def let_in_from_anywhere() -> None:
    from runtime.middleware import resolve

    resolve.network_allows = lambda handle, scope: True


@without("the time a sign-in goes unused", "unused")
def keep_sign_ins_that_nobody_uses() -> None:
    from runtime.chainlit_host.sign_in import auth

    auth.check_in_use = lambda claims, state, *, last_used=0: None


@without("what a proxy says is kept from apps", "proxy header")
def let_apps_hear_proxies() -> None:
    from runtime.chainlit_host import gate

    gate.withhold_headers = lambda handle, scope: None
