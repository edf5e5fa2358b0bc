"""The tenants, members and passwords that the tests' runtime process serves."""

import base64
import hashlib
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from argon2 import PasswordHasher

from tenants.contract.secrets import SecretBox

PASSWORD = "correct horse battery"
OFFERED = [
    {"kind": "oidc", "id": "google", "label": "Google"},
    {"kind": "saml", "id": "company", "label": "Acme & Söhne {{SSO}} $t(x) $&"},
    {"kind": "header", "id": "proxy"},
    {"kind": "password", "id": "password"},
    {"kind": "oidc", "id": "azure-ad"},
]
"""Ways to sign in, the password among them."""
NAMED = [
    {"kind": "header", "id": "proxy", "headers": {"email": "x-signed-in-as", "groups": "x-groups"}},
    {"kind": "password", "id": "password"},
]
"""A proxy that names people, and passwords."""
FLAGS = {
    "plain": True,
    "for_ann": {"rules": [{"variant": "on", "members": ["ann@example.com"]}]},
    "for_owners": {"rules": [{"variant": "on", "roles": ["owner"]}]},
    "for_austria": {"rules": [{"variant": "on", "locales": ["de-at"]}]},
    "for_half": {"rules": [{"variant": "on", "percent": 50}]},
    "greeting": {
        "default": "plain",
        "variants": {"plain": "Hello", "warm": "Dear Ann"},
        "rules": [{"variant": "warm", "email_domains": ["example.com"], "roles": ["admin"]}],
    },
}
_cheap = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)


def tenant_id(slug: str) -> str:
    return str(uuid5(NAMESPACE_DNS, slug))


def document(slug: str, *, app: str = "probe", mode: str = "anonymous", **fields: Any) -> dict[str, Any]:
    """Return a tenant's published document; ``fields`` replace whole parts of it."""
    return {
        "id": tenant_id(slug),
        "slug": slug,
        "name": slug.title(),
        "schema": slug.replace("-", "_"),
        "status": "active",
        "app": app,
        "hosts": [f"{slug}.localhost"],
        "branding": {"display_name": f"{slug.title()} Chat"},
        "access": {"mode": mode},
        **fields,
    }


def documents(box: SecretBox) -> dict[str, dict[str, Any]]:
    """Return all tenants by slug. Each of the first three carries its own canary as a secret."""
    return {
        "acme": document(
            "acme",
            hosts=["acme.localhost", "www.acme.localhost"],
            branding={
                "display_name": "Acme Chat",
                "description": "Ask Acme",
                "light": {"primary": "#2563eb", "background": "#fffbeb"},
                "font": "serif",
            },
            features={"edit_message": False, "latex": True},
            interface={"cot": "hidden"},
            environment={"SHARED_NAME": "acme's"},
            secrets={"CANARY": box.encrypt("canary of acme", tenant_id=tenant_id("acme"))},
        ),
        "chosen-one": document(
            "chosen-one",
            app="chosen",
            app_settings={
                "values": {"greeting": "Servus", "topics": ["tea", "cake"], "limits.answers": 5},
                "secrets": {"key": box.encrypt("the key of one", tenant_id=tenant_id("chosen-one"))},
            },
        ),
        "chosen-two": document("chosen-two", app="chosen"),
        "chosen-changing": document("chosen-changing", app="chosen"),
        "chosen-stale": document(
            "chosen-stale",
            app="chosen",
            app_settings={
                "values": {"greeting": "Ahoy", "limits.answers": "seven hundred", "topics": {}, "gone": 1},
                "secrets": {"key": box.encrypt("another's", tenant_id=tenant_id("chosen-one"))},
            },
        ),
        "globex": document(
            "globex",
            mode="members",
            branding={"display_name": "Globex Chat", "dark": {"primary": "#22c55e"}},
            environment={"SHARED_NAME": "globex's"},
            secrets={"CANARY": box.encrypt("canary of globex", tenant_id=tenant_id("globex"))},
            assets=[
                _asset("logo_light", "https://cdn.example/logo.webp"),
                _asset("favicon", "/_assets/favicon.png"),
                _asset("login_image", "https://cdn.example/login.webp"),
            ],
        ),
        "initech": document("initech", mode="members"),
        "epoch": document("epoch", mode="members"),
        "timed": document("timed", mode="members"),
        "offering": document("offering", access={"mode": "members", "methods": OFFERED}),
        "outside": document("outside", access={"mode": "members", "methods": OFFERED[:2]}),
        "plain": document("plain"),
        "changing": document("changing"),
        "closing": document("closing"),
        "flagged": document("flagged", mode="members", flags=FLAGS),
        "flagged-open": document("flagged-open", flags=FLAGS),
        "hostile": document(
            "hostile",
            branding={
                "display_name": "</title></script><script>alert(1)</script>",
                "description": '"><img src=x onerror=alert(2)>',
            },
        ),
        "left": document("left", app="twin_left"),
        "right": document("right", app="twin_right"),
        "stored-one": document("stored-one", app="stored", mode="members"),
        "stored-two": document("stored-two", app="stored", mode="members"),
        "switching": document("switching", mode="members"),
        "gated-one": document(
            "gated-one", app="gated", mode="app", hosts=["gated-one.localhost", "www.gated-one.localhost"]
        ),
        "gated-two": document("gated-two", app="gated", mode="app"),
        "gated-shared": document("gated-shared", app="gated", mode="app"),
        "keyed-one": document("keyed-one", app="keyed", environment={"USER_KEY": "the tenant's"}),
        "keyed-two": document("keyed-two", app="keyed"),
        **{slug: document(slug, **_layers(box)) for slug in ("layered-one", "layered-two")},
        **{
            slug: document(
                slug,
                app="wandering",
                secrets={"CANARY": box.encrypt(f"canary of {slug}", tenant_id=tenant_id(slug))},
            )
            for slug in ("wandering-one", "wandering-two")
        },
        "asking-one": document("asking-one", app="asking"),
        "asking-named": document("asking-named", app="asking", access={"mode": "members", "methods": NAMED}),
        "asking-unnamed": document("asking-unnamed", app="asking", access={"mode": "app", "methods": NAMED}),
        "named": document("named", access={"mode": "members", "methods": NAMED}),
        "asking-two": document("asking-two", app="asking"),
        "asking-who": document("asking-who", app="asking", mode="app"),
        "asking-whom": document("asking-whom", app="asking", mode="app"),
        "posting-one": document("posting-one", app="rich", mode="app"),
        "posting-two": document("posting-two", app="rich", mode="app"),
        "rich-one": document("rich-one", app="rich", mode="members", environment={"CANARY": "canary of rich-one"}),
        "rich-two": document("rich-two", app="rich", mode="members", environment={"CANARY": "canary of rich-two"}),
        "assisted": document("assisted", app="assistant"),
        "quiet-one": document("quiet-one", app="quiet"),
        "quiet-two": document("quiet-two", app="quiet", mode="members"),
        "greeting-one": document("greeting-one", app="greeting"),
        "greeting-two": document("greeting-two", app="greeting", mode="members"),
        "wire": document("wire", app="wire", branding={"display_name": "Assistant"}),
        "lost": document("lost", app="no<such>app"),
        "shattered": document("shattered", app="broken"),
    }


def _layers(box: SecretBox) -> dict[str, Any]:
    platform = {"PROBE_SET_AT_IMPORT": "the platform's", "SHARED_NAME": "the platform's"}
    sealed = {
        "PLATFORM_KEY": box.encrypt("canary of the platform", tenant_id="platform"),
        "PLAN_KEY": box.encrypt("hidden by the plan", tenant_id="platform"),
    }
    plan_key = box.encrypt("canary of the plan", tenant_id="plan:pro")
    return {
        "platform_environment": {"owner": "platform", "environment": platform, "secrets": sealed},
        "plan_environment": {"owner": "plan:pro", "secrets": {"PLAN_KEY": plan_key}},
    }


def members() -> dict[str, list[dict[str, Any]]]:
    """Return members by schema; the same person is a member of two tenants."""
    return {
        "globex": [
            member_record("ann@example.com", role="admin"),
            member_record("bob@example.com", password=_pbkdf2(PASSWORD)),
            member_record("gone@example.com", is_active=False),
        ],
        "flagged": [member_record("ann@example.com", role="admin"), member_record("bob@example.com")],
        **{
            schema: [member_record("ann@example.com")]
            for schema in ("offering", "named", "asking_named", "initech", "stored_one", "stored_two", "switching")
        },
        **{
            schema: [member_record("ann@example.com"), member_record("bob@example.com")]
            for schema in ("rich_one", "rich_two", "quiet_two", "greeting_two")
        },
        **{
            schema: [member_record("ann@example.com"), member_record("leaving@example.com")]
            for schema in ("epoch", "timed")
        },
    }


def member_record(
    email: str, *, password: str = "", role: str = "member", is_active: bool = True, name: str = ""
) -> dict[str, Any]:
    return {
        "id": str(uuid5(NAMESPACE_DNS, email)),
        "email": email,
        "name": name or email.partition("@")[0].title(),
        "role": role,
        "password": password or f"argon2{_cheap.hash(PASSWORD)}",
        "is_active": is_active,
    }


def _pbkdf2(password: str) -> str:
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), b"salt", 1000)
    return f"pbkdf2_sha256$1000$salt${base64.b64encode(digest).decode()}"


def _asset(role: str, url: str) -> dict[str, Any]:
    return {"role": role, "url": url, "content_type": "image/webp", "sha256": "0" * 64, "size": 10}
