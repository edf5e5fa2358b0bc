"""What the settings page's script is answered when it keeps what is typed."""

import pytest

from tenants.contract.previews import PREVIEW_COOKIE, preview_digest
from tenants.contract.state import decode_state
from tenants.registry.models import Preview
from tests.tenants.portal.conftest import browser, live_document, revisions, sign_in
from tests.tenants.portal.test_branding import FORM
from tests.tenants.portal.test_settings_pages import shown_values


def type_in(client, section="branding", secret="", **values):
    return client.post(f"/settings/preview/{section}/", FORM | values, headers={"x-preview": secret})


def state_of(secret):
    return decode_state(Preview.objects.get(secret_hash=preview_digest(secret)).document.encode())


def test_what_is_typed_is_kept_for_a_look_and_not_saved(acme, owner_of_acme):
    before, count = live_document(acme), revisions(acme)
    answer = type_in(owner_of_acme, display_name="Perhaps", light_primary="#2563eb").json()
    assert answer["address"] == f"/_preview/{answer['secret']}/"
    assert state_of(answer["secret"]).branding.light.primary == "#2563eb"
    assert (live_document(acme), revisions(acme)) == (before, count)


def test_the_browser_gets_a_cookie_for_previews_alone(owner_of_acme):
    cookie = type_in(owner_of_acme, display_name="Perhaps").cookies[PREVIEW_COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/_preview/", True, "Lax")
    assert 0 < cookie["max-age"] <= 3600


def test_typing_on_keeps_the_preview(owner_of_acme):
    first = type_in(owner_of_acme, display_name="One").json()
    second = type_in(owner_of_acme, secret=first["secret"], display_name="Two").json()
    assert second == first
    assert state_of(first["secret"]).branding.display_name == "Two"


def test_switches_can_be_looked_at_too(owner_of_acme):
    present = shown_values(owner_of_acme.get("/settings/features/").content.decode())
    answer = type_in(owner_of_acme, "features", **present | {"features-latex": "true"}).json()
    assert state_of(answer["secret"]).features.latex is True


@pytest.mark.parametrize(
    ("section", "values", "status", "code"),
    [
        ("branding", {"light_primary": "reddish"}, 422, "preview_incomplete"),
        ("branding", {"display_name": ""}, 422, "preview_incomplete"),
        ("members", {}, 404, "page_not_found"),
    ],
)
def test_what_cannot_be_shown_is_told(owner_of_acme, section, values, status, code):
    answer = type_in(owner_of_acme, section, **values)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert not Preview.objects.exists()


def test_a_member_without_settings_keeps_nothing(acme, member):
    member(acme, role="member", email="only@acme.example")
    client = browser(acme)
    sign_in(client, "only@acme.example")
    assert type_in(client, display_name="Mine").status_code == 403
    assert not Preview.objects.exists()


def test_signing_out_ends_the_previews_of_that_sign_in_alone(acme, owner_of_acme):
    other = browser(acme)
    sign_in(other, "owner@acme.example")
    ends, stays = (type_in(client, display_name="Draft").json()["secret"] for client in (owner_of_acme, other))
    owner_of_acme.post("/settings/sign-out/")
    hashes = set(Preview.objects.values_list("secret_hash", flat=True))
    assert hashes == {preview_digest(stays)}
    assert preview_digest(ends) not in hashes
