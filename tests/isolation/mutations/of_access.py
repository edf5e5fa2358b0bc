"""Guards of the access policy: from where, and for how long."""

from tests.isolation.mutations.registry import without


@without("the networks of a tenant", "outside")
def let_in_from_anywhere() -> None:
    from runtime.middleware import resolve

    resolve.network_allows = lambda handle, scope: True


@without("the time a sign-in goes unused", "unused")
def keep_sign_ins_that_nobody_uses() -> None:
    from runtime.chainlit_host.sign_in import auth

    auth.check_in_use = lambda claims, state, *, last_used=0: None
