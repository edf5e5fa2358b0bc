"""Where a tenant is reached from outside: never what a request claims, always the tenant's canonical host."""

from urllib.parse import urlsplit

from tenants.contract.state import TenantState

__all__ = ["PublicAddresses"]


class PublicAddresses:
    """Public addresses of all tenants, on the scheme and port of the platform."""

    def __init__(self, platform_url: str) -> None:
        platform = urlsplit(platform_url)
        self._scheme = platform.scheme
        self._port = f":{platform.port}" if platform.port else ""

    def of(self, state: TenantState) -> str:
        """Return a tenant's address with its closing slash, such as ``https://chat.acme.example/``."""
        return f"{self._scheme}://{self.authority(state)}/"

    def authority(self, state: TenantState) -> str:
        """Return host and port as the address has them, such as ``acme.localhost:8000``."""
        return state.hosts[0] + self._port
