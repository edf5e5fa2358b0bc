"""Marks differ exactly where an open page must do something."""

import msgspec
import pytest

from runtime.chainlit_host.pages.marks import marks
from tenants.contract.access import Entry, SignInKind, SignInMethod
from tenants.contract.state import AccessMode, AccessPolicy, Asset, AssetRole, Branding, Interface, Palette, Theme
from tests.runtime.registry import make_state

STATE = make_state("acme")


def _asset(role):
    return Asset(role=role, url=f"/_assets/{role}.png", content_type="image/png", sha256="", size=1)


@pytest.mark.parametrize(
    ("change", "different"),
    [
        ({"flags": {"beta": True}}, set()),
        ({"environment": {"KEY": "secret"}}, set()),
        ({"access": AccessPolicy(allowed_origins=("https://shop.example",))}, set()),
        ({"access": AccessPolicy(mode=AccessMode.MEMBERS)}, {"access"}),
        ({"access": AccessPolicy(sign_out_epoch=1)}, {"access"}),
        ({"access": AccessPolicy(ended={"member": 1})}, {"ended"}),
        ({"access": AccessPolicy(methods=())}, {"ended"}),
        ({"access": AccessPolicy(methods=(SignInMethod(SignInKind.PASSWORD, "password", "E-mail"),))}, set()),
        ({"access": AccessPolicy(session_seconds=300)}, {"ended"}),
        ({"access": AccessPolicy(idle_seconds=300)}, {"ended"}),
        ({"access": AccessPolicy(entry=Entry.DOMAINS, email_domains=("acme.example",))}, {"ended"}),
        ({"access": AccessPolicy(email_domains=("acme.example",))}, set()),
        ({"app": "other"}, {"app"}),
        ({"assets": (_asset(AssetRole.LOGO_DARK),)}, {"logo"}),
        ({"assets": (_asset(AssetRole.FAVICON),)}, {"favicon"}),
        ({"assets": (_asset(AssetRole.LOGIN_IMAGE),)}, set()),
        ({"assets": (_asset(AssetRole.PUBLIC_FILE),)}, set()),
        ({"assets": (_asset(AssetRole.AVATAR),)}, {"avatars"}),
        ({"assets": (_asset(AssetRole.STYLESHEET),)}, {"stylesheet"}),
        ({"assets": (_asset(AssetRole.SCRIPT),)}, {"script"}),
        ({"assets": (_asset(AssetRole.FONT),)}, {"fonts"}),
        ({"branding": Branding(display_name="Other")}, {"logo", "favicon"}),
        ({"branding": Branding(display_name="Acme", dark=Palette(primary="#2563eb"))}, {"logo", "favicon"}),
        ({"branding": Branding(display_name="Acme", description="Other")}, set()),
        ({"branding": Branding(display_name="Acme", default_theme=Theme.DARK)}, {"opening"}),
        ({"interface": Interface(language="de-DE")}, {"opening"}),
        ({"interface": Interface(default_sidebar_state="closed")}, {"opening"}),
        ({"interface": Interface(cot="full")}, set()),
    ],
)
def test_what_changed_is_marked_and_nothing_else(change, different):
    before, after = (marks(state, frontend="1") for state in (STATE, msgspec.structs.replace(STATE, **change)))

    assert {name for name in before if before[name] != after[name]} == different


def test_another_frontend_and_another_tenant_are_another_app():
    assert marks(STATE, frontend="1")["app"] != marks(STATE, frontend="2")["app"]
    assert marks(STATE, frontend="1")["app"] != marks(make_state("acme"), frontend="1")["app"]


def test_no_mark_tells_what_a_tenant_keeps_to_itself():
    state = msgspec.structs.replace(STATE, environment={"KEY": "the secret value"}, secrets={"KEY": "a token"})

    assert marks(state, frontend="1") == marks(STATE, frontend="1")
