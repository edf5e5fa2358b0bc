"""Puts the tenants of a stack back to what they were before a test, through the operators' admin."""

import re

from tests.clients.operator_client import OperatorClient
from tests.running_stack import RunningStack

__all__ = ["TenantsAsFound"]

TENANTS = {"acme": "Acme", "globex": "Globex"}
_REVISION = re.compile(r"&quot;revision&quot;: (\d+)")


class TenantsAsFound:
    """The live revision of each tenant, a stack."""

    def __init__(self) -> None:
        self._found: dict[int, dict[str, int]] = {}

    def remember(self, stack: RunningStack) -> None:
        """Note what is live, the first time that a stack is seen."""
        if stack.port not in self._found:
            live = {tenant: _live_revision(stack, tenant) for tenant in TENANTS}
            assert all(live.values()), f"not all tenants are served to anybody: {live}"
            self._found[stack.port] = live

    def restore(self, stack: RunningStack) -> None:
        """Bring every tenant back of which something else is live, or which is suspended."""
        found = self._found[stack.port]
        changed = [tenant for tenant in TENANTS if _live_revision(stack, tenant) != found[tenant]]
        if not changed:
            return
        with OperatorClient(stack.port) as operator:
            operator.sign_in(*stack.sign_in("operator"))
            for tenant in changed:
                if stack.get(tenant, "/login").status_code == 503:
                    operator.resume(TENANTS[tenant])
                operator.restore(TENANTS[tenant], found[tenant])
                found[tenant] = _live_revision(stack, tenant)


def _live_revision(stack: RunningStack, tenant: str) -> int:
    """Return what the chat's page says is live; 0 where the page is not shown."""
    said = _REVISION.search(stack.get(tenant, "/login").text)
    return int(said[1]) if said else 0
