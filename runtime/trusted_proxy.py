"""What a proxy before the gateway says in headers, kept from every app: its secret, and whom it names.

The headers are taken out of a request before anything of Chainlit sees it. What signs people in finds them beside.
"""

from runtime.asgi import Headers, Scope
from runtime.tenancy import TenantHandle
from tenants.contract.state import AccessMode, TenantState
from tenants.contract.trusted_headers import SECRET_HEADER

__all__ = ["WithheldHeaders", "withheld_headers", "withhold_headers"]

WITHHELD = "chainlit_tenants.withheld_headers"
"""The place in a scope where its ``WithheldHeaders`` are, if there are any."""


class WithheldHeaders:
    """Headers that were taken out of a request; never shown, whatever prints the scope."""

    __slots__ = ("headers",)

    def __init__(self, headers: Headers) -> None:
        self.headers = headers

    def __repr__(self) -> str:
        return "<WithheldHeaders>"


def withhold_headers(handle: TenantHandle, scope: Scope) -> None:
    """Take out of a request what is not for apps: the secret always, and whom a proxy names that the tenant trusts.

    Where the app decides who enters, the names are its own to read.
    """
    names = handle.compiled("withheld_headers", _withheld_names)
    headers: Headers = scope["headers"]
    taken = [header for header in headers if header[0] in names]
    if taken:
        scope["headers"] = [header for header in headers if header[0] not in names]
        scope[WITHHELD] = WithheldHeaders(taken)


def withheld_headers(scope: Scope | None) -> Headers:
    """Return what was taken out of a request."""
    withheld: WithheldHeaders | None = scope.get(WITHHELD) if scope is not None else None
    return withheld.headers if withheld is not None else []


def _withheld_names(state: TenantState) -> frozenset[bytes]:
    names = {SECRET_HEADER}
    if state.access.mode is not AccessMode.APP:
        names.update(name for proxy in state.access.proxies.values() for name in proxy.names)
    return frozenset(name.encode() for name in names)
