"""The tenants of an attack: everything that one of them owns carries a word that no other tenant's data has."""

import hashlib
import random
import uuid
from dataclasses import dataclass, field
from typing import Any

from tenants.contract.secrets import SecretBox
from tests.runtime.chainlit_host.tenants_under_test import member_record

MODES = ("anonymous", "members", "app")
IDLE_SECONDS = 30 * 24 * 3600
"""How long a sign-in may go unused: longer than any attack."""
PROXY_HEADERS = {"email": "x-forwarded-email", "groups": "x-forwarded-groups"}
"""In which headers the proxy of tenants with members names people."""
PEOPLE = ("ann@example.com", "bob@example.com")
"""The same two people are known to every tenant: the first minds her own chat, the second attacks."""


@dataclass
class Tenant:
    """A tenant as it is published now."""

    slug: str
    mode: str
    canary: str
    tenant_id: str
    hosts: list[str]
    schema: str
    revision: int = 0
    live: int = 0
    """The newest revision that every process is known to have."""
    epoch: int = 0
    ended: dict[str, int] = field(default_factory=dict)
    """Until when which member's sign-ins were ended, in Unix seconds."""
    keeps: bool = False
    """Whether the platform keeps its conversations; else its app does, in memory."""
    shares: bool = True
    """Whether people may share conversations during the attack."""
    shares_now: bool = True
    identity_provider: str = "http://127.0.0.1:9"
    published: str = ""
    """The path of its published file, whose content is its canary."""

    @property
    def host(self) -> str:
        """The canonical host."""
        return self.hosts[0]

    @property
    def signs_in(self) -> bool:
        """Whether people of this tenant sign in."""
        return self.mode != "anonymous"

    @property
    def name(self) -> str:
        """The display name, which says under which revision it was published."""
        return f"{self.canary} r{self.revision}."

    def private(self, person: str) -> str:
        """Return the word that what one person of the tenant wrote carries."""
        return f"{self.canary}+{person.partition('@')[0]}."

    def document(self, box: SecretBox) -> dict[str, Any]:
        """Return what is published of the tenant."""
        return {
            "id": self.tenant_id,
            "slug": self.slug,
            "name": self.name,
            "schema": self.schema,
            "status": "active",
            "app": "kept" if self.keeps else "rich",
            "hosts": self.hosts,
            "branding": {"display_name": self.name, "description": f"about {self.canary}"},
            "interface": {"header_links": [{"name": self.canary, "icon_url": "/x.svg", "url": f"/{self.canary}"}]},
            "features": {"allow_thread_sharing": self.shares_now, "favorites": True},
            "history": {"enabled": self.keeps},
            "access": {
                "mode": self.mode,
                "sign_out_epoch": self.epoch,
                "ended": self.ended,
                "networks": ["127.0.0.1/32"],
                "idle_seconds": IDLE_SECONDS,
                "methods": [{"kind": "password", "id": "password"}, *self._proxies()],
            },
            "secrets": {"CANARY": box.encrypt(self.canary, tenant_id=self.tenant_id)},
            "environment": {
                "PLAIN": f"{self.canary} in plain",
                "OAUTH_GENERIC_CLIENT_ID": f"client-{self.canary}",
                "OAUTH_GENERIC_CLIENT_SECRET": f"secret-{self.canary}",
                "OAUTH_GENERIC_AUTH_URL": f"{self.identity_provider}/authorize",
                "OAUTH_GENERIC_TOKEN_URL": f"{self.identity_provider}/token",
                "OAUTH_GENERIC_USER_INFO_URL": f"{self.identity_provider}/userinfo",
                "OAUTH_GENERIC_SCOPES": "openid",
                "OAUTH_GENERIC_NAME": "generic",
            },
            "assets": self._assets(),
        }

    def _proxies(self) -> list[dict[str, Any]]:
        return [{"kind": "header", "id": "gate", "headers": PROXY_HEADERS}] if self.mode == "members" else []

    def _assets(self) -> list[dict[str, Any]]:
        cdn = f"https://cdn.example/{self.canary}"
        picture = {**_asset("logo_light", f"{cdn}/logo.png"), "width": 800, "height": 200, "alt": self.canary}
        smaller = {key: value for key, value in _asset("", f"{cdn}/logo.webp").items() if key != "role"}
        smaller |= {"content_type": "image/webp", "width": 400, "height": 100}
        digest = hashlib.sha256(self.canary.encode()).hexdigest()
        words = {**_asset("public_file", self.published), "content_type": "text/plain", "sha256": digest}
        return [
            _asset("favicon", f"{cdn}/favicon.png"),
            {**picture, "srcset": [smaller]},
            {**picture, "role": "login_image", "srcset": [smaller]},
            {**_asset("avatar", f"{cdn}/avatar.png"), "name": "assistant"},
            {**_asset("font", f"{cdn}/font.woff2"), "name": "regular"},
            _asset("stylesheet", f"{cdn}/style.css"),
            _asset("script", f"{cdn}/script.js"),
            *({**words, "name": name} for name in ("words.txt", self.only_file) if self.published),
        ]

    @property
    def only_file(self) -> str:
        """Return the name of a public file that no other tenant has."""
        return f"only-{self.slug}.txt"


def make_tenants(count: int, rng: random.Random, *, schemas: str = "") -> list[Tenant]:
    """Return tenants of all three kinds of sign-in, each with two hosts; every other one keeps conversations.

    ``schemas`` is what the names of their schemas begin with.
    """
    return [
        Tenant(
            slug=f"t{number}",
            mode=MODES[number % len(MODES)],
            canary=f"canary-{rng.getrandbits(48):012x}",
            tenant_id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            schema=f"{schemas}t{number}",
            keeps=number % 2 == 1,
            shares=number // 2 % 2 == 0,
            hosts=[f"t{number}.localhost", f"www.t{number}.localhost"],
        )
        for number in range(count)
    ]


def members_of(tenants: list[Tenant]) -> dict[str, list[dict[str, Any]]]:
    """Return the members by schema; their names are the tenant's."""
    return {
        tenant.schema: [member_record(person, name=tenant.private(person)) for person in PEOPLE] for tenant in tenants
    }


def _asset(role: str, url: str) -> dict[str, Any]:
    return {"role": role, "url": url, "content_type": "image/png", "sha256": "0" * 64, "size": 10}
