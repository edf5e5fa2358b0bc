"""Two tenants with a provider each: set up and tested by owners, signed in by at chat and settings, taken away."""

import re
import secrets
from contextlib import ExitStack

import pytest
from playwright.async_api import expect

from tests.browser.oidc_provider import running_provider
from tests.clients.providers import remove_provider

MARK = secrets.token_hex(4)
ANN_EMAIL = f"ann-{MARK}@globex.example"
ANN = {"sub": "ann", "email": ANN_EMAIL, "email_verified": True, "name": "Ann Lee", "groups": ["chiefs"]}
BOB = {"sub": "bob", "email": f"bob-{MARK}@acme.example", "email_verified": True, "name": "Bob Ray"}
STYLES_ELSEWHERE = "https://cdn.jsdelivr.net/"


@pytest.fixture
def providers(tmp_path, stack):
    """The provider of globex, which knows Ann, and acme's, which knows Bob."""
    with ExitStack() as running:
        for tenant in ("globex", "acme"):
            running.callback(remove_provider, stack, tenant, "company")
        yield {
            "globex": running.enter_context(running_provider(tmp_path / "globex.log", ANN)),
            "acme": running.enter_context(running_provider(tmp_path / "acme.log", BOB)),
        }


async def somebody(people, **options):
    """Return a person whose visits to the provider's own page, which is styled from elsewhere, are nobody's fault."""
    person = await people.new(**options)
    await person.context.route(f"{STYLES_ELSEWHERE}**", lambda route: route.abort())
    return person


def forgive(*visitors):
    for person in visitors:
        person.foreign_requests[:] = [url for url in person.foreign_requests if not url.startswith(STYLES_ELSEWHERE)]
        person.errors[:] = []


async def set_up(owner, tenant, issuer, name):
    """Add a provider on the settings page, from the list of well-known ones to the page that tests it."""
    await owner.open(tenant, "/settings/access/")
    await owner.page.get_by_role("link", name="Add one").click()
    await owner.page.get_by_role("link", name="Another provider").click()
    await owner.page.get_by_label("Name", exact=True).fill(name)
    await owner.page.get_by_label("Issuer").fill(issuer)
    await owner.page.get_by_label("Client ID").fill(f"{tenant}-client")
    await owner.page.get_by_label("Client secret").fill("kept to ourselves")
    await owner.page.get_by_label("Claim with the groups").fill("groups")
    await owner.page.get_by_label("Roles by group").fill("chiefs = admin")
    await owner.page.get_by_role("checkbox", name="Signing out signs out there").check()
    await owner.photograph(f"provider-{tenant}")
    await owner.page.get_by_role("button", name="Save and test").click()
    await expect(owner.page.get_by_role("heading", name=f"Test {name}")).to_be_visible()
    await expect(owner.page.locator(".check-good")).to_have_count(5)


async def look_at_pages(owner, tenant):
    """Keep pictures of the provider's pages on screens of every size, which none of them may be wider than."""
    for scheme in ("light", "dark"):
        await owner.page.emulate_media(color_scheme=scheme)
        for width, height, size in ((1280, 900, "wide"), (390, 844, "phone")):
            await owner.page.set_viewport_size({"width": width, "height": height})
            for path, name in (("", "presets"), ("company/", "provider"), ("company/test/", "provider-test")):
                await owner.open(tenant, f"/settings/access/providers/{path}")
                await owner.photograph(f"{name}-{size}-{scheme}")
                overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
                assert not await owner.page.evaluate(overflow), f"{name} is wider than a {size} screen"
    await owner.page.emulate_media(color_scheme="light")
    await owner.page.set_viewport_size({"width": 1440, "height": 900})


async def offer(owner, tenant, name):
    """Tick a provider among the ways to sign in."""
    await owner.open(tenant, "/settings/access/")
    await owner.page.get_by_role("checkbox", name=name).check()
    await owner.page.get_by_role("button", name="Save").click()
    await expect(owner.page.get_by_text("Access saved.")).to_be_visible()


async def take_away(owner, tenant):
    await owner.open(tenant, "/settings/access/providers/company/")
    owner.page.once("dialog", lambda dialog: dialog.accept())
    await owner.page.get_by_role("button", name="Remove").click()
    await expect(owner.page.get_by_text("The provider is removed.")).to_be_visible()


async def test_two_tenants_sign_their_people_in_at_their_own_providers(people, stack, providers):
    owners = {tenant: await somebody(people) for tenant in providers}
    ann, bob = await somebody(people), await somebody(people, width=390, height=844, scheme="dark")
    for tenant, owner in owners.items():
        await owner.open(tenant, "/settings/")
        await owner.sign_in_to_settings(f"{tenant}_owner")
        await set_up(owner, tenant, providers[tenant], f"{tenant.capitalize()} SSO")

    # A test with one's own account says who one would be, and signs nobody in.
    owner = owners["globex"]
    await owner.page.get_by_role("link", name="Try to sign in").click()
    await owner.page.get_by_role("button", name="ann").click()
    await expect(owner.page.get_by_text(f"{ANN_EMAIL} would become a member, as an admin.")).to_be_visible()
    await owner.photograph("provider-tested")
    await look_at_pages(owner, "globex")
    for tenant, name in (("globex", "Globex SSO"), ("acme", "Acme SSO")):
        await offer(owners[tenant], tenant, name)
    await owner.page.locator("#providers-title").scroll_into_view_if_needed()
    await owner.photograph("access-with-provider")

    # At the chat, by the button of the one provider that its tenant offers.
    await ann.open("globex")
    await ann.page.get_by_role("button", name="Globex SSO").wait_for()
    await ann.photograph("chat-sign-in-with-provider")
    await ann.page.get_by_role("button", name="Globex SSO").click()
    await ann.page.get_by_role("button", name="ann").click()
    await ann.page.locator("#chat-input").wait_for()
    await expect(ann.page).to_have_url(re.compile(re.escape(stack.url("globex"))))
    # One sign-in: the groups made an admin, so the settings are open too.
    await ann.open("globex", "/settings/")
    await expect(ann.page.get_by_text(ANN_EMAIL).first).to_be_visible()

    # Signing out in the chat goes on to the provider, and from there back.
    await ann.open("globex")
    await ann.page.locator("#user-nav-button").click()
    await ann.page.get_by_role("menuitem", name="Logout").click()
    await expect(ann.page).to_have_url(
        re.compile(re.escape(f"{providers['globex']}/oauth2/end_session?id_token_hint="))
    )
    await ann.page.get_by_role("button", name="End session").click()
    await expect(ann.page).to_have_url(re.compile(r"^https?://globex[^/]*/login"))
    await ann.open("globex", "/settings/profile/")
    await ann.page.get_by_role("link", name="Continue with Globex SSO").click()
    await ann.page.get_by_role("button", name="ann").click()
    await expect(ann.page.get_by_role("heading", name="Your profile")).to_be_visible()

    # At the settings of the other tenant, whose provider knows other people.
    await bob.open("acme", "/settings/profile/")
    await bob.photograph("settings-sign-in-with-provider-phone-dark")
    await bob.page.get_by_role("link", name="Continue with Acme SSO").click()
    await expect(bob.page.get_by_role("button", name="ann")).to_have_count(0)
    await bob.page.get_by_role("button", name="bob").click()
    await expect(bob.page.get_by_role("heading", name="Your profile")).to_be_visible()
    await bob.open("globex", "/settings/profile/")
    await expect(bob.page.get_by_role("link", name="Continue with Globex SSO")).to_be_visible()

    # Who says no is told so where they came from.
    await bob.page.get_by_role("link", name="Continue with Globex SSO").click()
    await bob.page.get_by_role("button", name="Deny").click()
    await expect(bob.page.get_by_role("alert")).to_contain_text("did not sign you in")

    # With the provider, its people's sign-ins end, also in open chats.
    await ann.open("globex")
    await ann.page.locator("#chat-input").wait_for()
    for tenant, administrator in owners.items():
        await take_away(administrator, tenant)
    await expect(ann.page).to_have_url(re.compile("/login"))
    await expect(ann.page.get_by_role("button", name="Globex SSO")).to_have_count(0)
    forgive(ann, bob, *owners.values())
