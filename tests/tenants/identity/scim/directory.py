"""A customer's directory as a client: it has a token and speaks SCIM."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.test import Client

from tenants.identity.scim.tokens import issue_token
from tenants.registry.actor import SYSTEM
from tenants.registry.models import Tenant

__all__ = ["GROUP", "PATCH", "SEARCH", "USER", "Directory", "connect"]

BASE = "/settings/scim/v2"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass
class Directory:
    """A client of one host with one token."""

    host: str
    token: str
    address: str = "127.0.0.1"

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Send a request; ``body`` is what becomes JSON, or is JSON if it is text."""
        sent = {"host": self.host, "authorization": f"Bearer {self.token}"} | headers
        content = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
        return Client(REMOTE_ADDR=self.address).generic(
            method, BASE + path, content, content_type="application/scim+json", headers=sent
        )

    def ask(self, method: str, path: str, body: Any = None, *, status: int = 200, **headers: str) -> Any:
        """Send a request that must be answered with a status, and return the JSON of the answer."""
        response = self.send(method, path, body, **headers)
        assert response.status_code == status, (response.status_code, response.content)
        return json.loads(response.content) if response.content else None

    def add_user(self, email: str, **values: Any) -> Any:
        """Add a user and return the answer."""
        return self.ask("POST", "/Users", {"schemas": [USER], "userName": email, **values}, status=201)

    def add_group(self, name: str, *user_ids: str) -> Any:
        """Add a group and return the answer."""
        members = [{"value": user_id} for user_id in user_ids]
        return self.ask("POST", "/Groups", {"schemas": [GROUP], "displayName": name, "members": members}, status=201)

    def patch(self, path: str, *operations: dict[str, Any], status: int = 200, **headers: str) -> Any:
        """Change a resource and return the answer."""
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return self.ask("PATCH", path, body, status=status, **headers)

    def find(self, resource: str, condition: str, **parameters: object) -> Any:
        """Return a list's answer."""
        query = "&".join(f"{name}={quote(str(value))}" for name, value in {"filter": condition, **parameters}.items())
        return self.ask("GET", f"/{resource}?{query}")


def connect(tenant: Tenant, *, name: str = "Entra", days: int = 0) -> Directory:
    """Return a directory of a tenant, with a new token."""
    _, text = issue_token(tenant.pk, name=name, days=days, actor=SYSTEM)
    domain = tenant.domains.get(is_primary=True).domain
    return Directory(domain, text)
