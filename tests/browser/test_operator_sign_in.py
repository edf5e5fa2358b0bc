"""An operator of a platform that asks for a second factor: sets one up, comes back with it, and looks after it."""

import shutil
import tempfile
from pathlib import Path

import httpx
import pyotp
import pytest
from playwright.async_api import expect

from controlplane.supervisor.ports import choose_port
from tests.browser.conftest import People
from tests.browser.pictures import photograph_everywhere
from tests.clients.identity_provider import identity_provider
from tests.running_stack import RunningStack


@pytest.fixture(scope="module")
def strict_stack():
    """A stack whose operators need a second factor, as in production, and have a provider to sign in at."""
    directory = Path(tempfile.mkdtemp(prefix="chainlit-tenants-strict-"))
    directory.chmod(0o711)  # Postgres' own user passes through
    with identity_provider() as url:
        dana = {"email": "dana@example.com", "email_verified": True, "name": "Dana Scott", "groups": ["platform"]}
        httpx.put(f"{url}/users/dana", json=dana).raise_for_status()
        stack = RunningStack(
            directory / "data",
            choose_port(set()),
            OPERATOR_SECOND_FACTOR="required",
            OPERATOR_OIDC_ISSUER=url.replace("127.0.0.1", "localhost"),
            OPERATOR_OIDC_CLIENT_ID="operators",
            OPERATOR_OIDC_CLIENT_SECRET="a secret",
            OPERATOR_OIDC_LABEL="Example Inc.",
            OPERATOR_OIDC_SUPERUSER_GROUPS="platform",
            OUTBOUND_ALLOWED_NETWORKS="127.0.0.0/8",
        )
        stack.start()
        try:
            yield stack
        finally:
            stack.stop()
            shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
async def operators(browser, strict_stack):
    made = People(browser, strict_stack)
    yield made
    for person in made.all:
        # The provider's own page takes its styles from there.
        person.foreign_requests[:] = [url for url in person.foreign_requests if "//cdn.jsdelivr.net/" not in url]
    await made.leave()


async def log_in(person):
    """Send the demo operator's password."""
    email, password = person.stack.sign_in("operator")
    await person.open(path="/admin/")
    await person.page.get_by_label("Username").fill(email)
    await person.page.get_by_label("Password").fill(password)
    await person.page.get_by_role("button", name="Log in").click()


async def add_device(person):
    """Give the browser a device that makes passkeys and finds its person present; return the way to talk about it."""
    talk = await person.context.new_cdp_session(person.page)
    await talk.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    return talk, (await talk.send("WebAuthn.addVirtualAuthenticator", {"options": options}))["authenticatorId"]


async def test_an_operator_sets_up_a_second_factor_and_comes_back_by_app_passkey_and_recovery_code(operators):
    first = await operators.new()
    await log_in(first)
    await expect(first.page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    await first.open(path="/admin/registry/tenant/")
    await expect(first.page.get_by_label("Username")).to_be_visible()
    await log_in(first)
    await expect(first.page.get_by_role("button", name="Set up the app")).to_be_visible()
    await photograph_everywhere(first, "operator-set-up")
    await first.page.get_by_text("It cannot scan?").click()
    app = pyotp.TOTP((await first.page.locator("details code").inner_text()).replace(" ", ""))
    await first.page.get_by_label("Code").fill(app.now())
    await first.page.get_by_role("button", name="Set up the app").click()
    await expect(first.page.locator("ol code")).to_have_count(10)
    codes = await first.page.locator("ol code").all_inner_texts()
    await photograph_everywhere(first, "operator-recovery-codes")
    await first.page.get_by_role("link", name="I have kept them").click()
    await expect(first.page.get_by_text("The fleet")).to_be_visible()

    await first.open(path="/admin/security/")
    await first.page.get_by_role("link", name="Add or replace").click()
    await expect(first.page.get_by_role("button", name="Set up a passkey")).to_be_visible()
    talk, device = await add_device(first)
    await photograph_everywhere(first, "operator-add-factor")
    await first.page.get_by_label("Name of the passkey").fill("Work laptop")
    await first.page.get_by_role("button", name="Set up a passkey").click()
    await expect(first.page.get_by_text("Work laptop")).to_be_visible()
    await photograph_everywhere(first, "operator-security")
    kept = (await talk.send("WebAuthn.getCredentials", {"authenticatorId": device}))["credentials"][0]

    second = await operators.new()
    await log_in(second)
    await expect(second.page.get_by_role("button", name="Use a passkey")).to_be_visible()
    talk, device = await add_device(second)
    await talk.send("WebAuthn.addCredential", {"authenticatorId": device, "credential": kept})
    await photograph_everywhere(second, "operator-second-factor")
    await second.page.get_by_role("button", name="Use a passkey").click()
    await expect(second.page.get_by_text("The fleet")).to_be_visible()

    third = await operators.new()
    await log_in(third)
    await third.page.get_by_label("Code").fill("000000")
    await third.page.get_by_role("button", name="Continue with the code").click()
    await expect(third.page.get_by_text("That code was not accepted")).to_be_visible()
    await third.page.get_by_label("Code").fill(codes[0].upper())
    await third.page.get_by_role("button", name="Continue with the code").click()
    await expect(third.page.get_by_text("The fleet")).to_be_visible()

    await first.reload()
    await expect(first.page.get_by_text("9 unused codes left.")).to_be_visible()
    await first.page.get_by_role("button", name="End all others").click()
    await expect(first.page.get_by_text("Signed out of 2 other browsers.")).to_be_visible()
    await third.reload()
    await expect(third.page.get_by_label("Username")).to_be_visible()


async def test_somebody_of_the_organisation_becomes_an_operator_by_signing_in_at_its_provider(operators):
    dana = await operators.new()
    await dana.open(path="/admin/registry/tenant/")
    await photograph_everywhere(dana, "operator-sign-in")
    await dana.page.get_by_role("link", name="Sign in with Example Inc.").click()
    await dana.page.locator("input[name=sub]").fill("dana")
    await dana.page.get_by_role("button", name="Authorize").click()
    await expect(dana.page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    await dana.page.get_by_text("It cannot scan?").click()
    app = pyotp.TOTP((await dana.page.locator("details code").inner_text()).replace(" ", ""))
    await dana.page.get_by_label("Code").fill(app.now())
    await dana.page.get_by_role("button", name="Set up the app").click()
    await dana.page.get_by_role("link", name="I have kept them").click()
    await expect(dana.page.get_by_role("link", name="Acme").first).to_be_visible()
    await dana.open(path="/admin/registry/auditentry/")
    await expect(dana.page.get_by_text("dana@example.com").first).to_be_visible()
