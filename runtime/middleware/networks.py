"""From which networks a tenant may be reached: everything of it, its page, files, streams and sockets alike."""

from runtime.asgi import Scope
from runtime.pages import Notice
from runtime.tenancy import TenantHandle
from tenants.contract.networks import Networks, normalise_address
from tenants.contract.state import TenantState

__all__ = ["client_address", "network_allows", "network_refused"]


def client_address(scope: Scope) -> str:
    """Return from where a request or socket comes, as the server found out: behind trusted proxies what they say."""
    client = scope.get("client")
    return client[0] if client else ""


def network_allows(handle: TenantHandle, scope: Scope) -> bool:
    """Say whether the tenant's present policy lets the client's address in; an unknown one only where any may."""
    networks = handle.compiled("networks", _compile)
    return not networks or client_address(scope) in networks


def network_refused(scope: Scope) -> Notice:
    """Return what is said to somebody who comes from elsewhere: the address helps whoever has to list it."""
    address = normalise_address(client_address(scope))
    return Notice(
        status=403,
        code="network_refused",
        title="Not from this network",
        message="This assistant can be used from certain networks only"
        + (f", and your address, {address}, is in none of them." if address else ".")
        + " Whoever runs it can allow yours.",
        details={"address": address},
    )


def _compile(state: TenantState) -> Networks:
    return Networks(state.access.networks)
