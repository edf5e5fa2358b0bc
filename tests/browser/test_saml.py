"""Signing in with a company's SAML provider: set up by owners, used at the chat and the settings of two tenants."""

import re
import secrets

import pytest
from playwright.async_api import expect

from tests.clients.providers import remove_provider
from tests.tenants.identity.saml.provider_server import running_provider

MARK = secrets.token_hex(4)


@pytest.fixture
def companies(stack):
    """An identity provider of each tenant, at addresses of their own."""
    with running_provider("idp-of-acme.localhost") as acme, running_provider("idp-of-globex.localhost") as globex:
        yield {"acme": acme, "globex": globex}
    for tenant in ("acme", "globex"):
        remove_provider(stack, tenant, "company")


def address_of(name, tenant):
    """Return an e-mail address that nobody else has."""
    return f"{name}-{MARK}@{tenant}.example"


async def set_up(owner, tenant, company):
    """Let a tenant's owner add a provider by its metadata, try it, and offer it to people."""
    page = owner.page
    await owner.open(tenant, "/settings/access/")
    await owner.sign_in_to_settings(f"{tenant}_owner")
    await page.get_by_role("link", name="Add one").click()
    await page.get_by_role("link", name="Another SAML 2.0 provider").click()
    await page.get_by_label("Name", exact=True).fill(f"{tenant.capitalize()} Works")
    await page.get_by_label("Or the metadata itself").fill(company.metadata)
    await page.get_by_label("Roles by group").fill("it = admin")
    await owner.photograph(f"saml-provider-{tenant}")
    await page.get_by_role("button", name="Save and test").click()
    await expect(page.get_by_role("heading", name=f"Test {tenant.capitalize()} Works")).to_be_visible()
    await page.get_by_role("link", name="Try to sign in").click()
    await sign_in_there(page, company, address_of("boss", tenant), "it")
    await expect(page.get_by_text(f"{address_of('boss', tenant)} would become a member, as an admin.")).to_be_visible()
    await owner.photograph(f"saml-provider-tested-{tenant}")
    await page.get_by_role("link", name="Offer it to people").click()
    await page.get_by_role("checkbox", name=re.compile(f"{tenant.capitalize()} Works")).check()
    await page.get_by_role("button", name="Save and publish").click()
    await expect(page.get_by_text("Access saved.")).to_be_visible()


async def take_down(owner, tenant):
    """Leave the tenant as it was."""
    page = owner.page
    await owner.open(tenant, "/settings/access/providers/company/")
    page.once("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Remove", exact=True).click()
    await expect(page.get_by_text("The provider is removed.")).to_be_visible()


async def sign_in_there(page, company, email, groups=""):
    """Be somebody at the provider, which sends the browser back."""
    await page.wait_for_url(f"{company.url}/**")
    await page.get_by_label("Address").fill(email)
    await page.get_by_label("Name").fill("Ann")
    await page.get_by_label("Groups").fill(groups)
    await page.get_by_role("button", name="Sign in there").click()


async def test_people_of_two_companies_sign_in_each_at_their_own(people, companies, stack):
    owners = {tenant: await people.new() for tenant in companies}
    for tenant, owner in owners.items():
        await set_up(owner, tenant, companies[tenant])

    ann = await people.new()
    await ann.open("globex")
    await ann.page.get_by_role("button", name=re.compile("Globex Works")).click()
    await sign_in_there(ann.page, companies["globex"], address_of("ann", "globex"), "it")
    await ann.page.locator("#chat-input").wait_for()
    await ann.open("globex", "/settings/members/")
    await expect(ann.page.get_by_text(address_of("ann", "globex")).first).to_be_visible()
    # One sign-in at one tenant is none at another.
    await ann.open("acme", "/settings/members/")
    await expect(ann.page).to_have_url(re.compile("/settings/sign-in/"))
    await ann.page.get_by_role("link", name=re.compile("Acme Works")).click()
    await sign_in_there(ann.page, companies["acme"], address_of("ann", "acme"))
    await expect(ann.page.get_by_role("heading", name="The settings are not open to you")).to_be_visible()

    await ann.open("globex", "/settings/")
    await ann.page.get_by_role("button", name="Sign out").click()
    await ann.page.wait_for_url("**/settings/sign-in/**")
    await ann.open("globex")
    await expect(ann.page).to_have_url(re.compile("/login"))

    await look_at_pages(people)
    for tenant, owner in owners.items():
        await take_down(owner, tenant)


async def look_at_pages(people):
    """Keep pictures of a provider's pages on all screens; none is wider than its screen."""
    for scheme, width, height in (("light", 390, 844), ("dark", 1280, 900), ("dark", 390, 844)):
        owner = await people.new(width=width, height=height, scheme=scheme)
        await owner.open("globex", "/settings/access/providers/company/")
        await owner.sign_in_to_settings("globex_owner")
        for name, path in (("change", ""), ("test", "test/"), ("choose", "../")):
            await owner.open("globex", f"/settings/access/providers/company/{path}")
            await expect(owner.page.locator("main h1")).to_be_visible()
            await owner.photograph(f"saml-{name}-{width}-{scheme}")
            overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            assert not await owner.page.evaluate(overflow), f"{name} is wider than {width}"
