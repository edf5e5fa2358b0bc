"""Behind a proxy that names people, from its set-up to somebody else at the same browser, through the whole stack."""

import re
import secrets

import httpx
import pytest
from playwright.async_api import expect

from tests.browser.naming_proxy import naming_proxy
from tests.browser.navigation import go
from tests.clients.settings_client import SettingsClient

SECRET = "X-Trusted-Proxy-Secret"
PROXIES = "/settings/access/proxies"


@pytest.fixture
def globex(stack):
    """Globex' owner over HTTP; what the test sets up at the tenant is taken away."""
    with SettingsClient(stack.port, "globex") as owner:
        owner.sign_in(*stack.sign_in("globex_owner"))
        yield owner
        owner.submit(f"{PROXIES}/front/remove/", {}, page=f"{PROXIES}/front/")


def post(port, sent, *, tenant="globex", path="/auth/header"):
    """Post with exactly these headers, each by itself, to a port that leads to the gateway or is its own."""
    headers = [("Host", f"{tenant}.localhost:{port}"), *sent]
    return httpx.post(f"http://127.0.0.1:{port}{path}", headers=headers, timeout=15)


def identity(port, cookies, sent=()):
    headers = [("Host", f"globex.localhost:{port}"), ("Cookie", f"access_token={cookies['access_token']}"), *sent]
    answer = httpx.get(f"http://127.0.0.1:{port}/user", headers=headers, timeout=15)
    return answer.json()["identifier"] if answer.status_code == 200 else answer.status_code


async def set_up(owner, stack):
    """Let an owner set a proxy up and offer it; return its secret."""
    await owner.open("globex", "/settings/")
    await owner.sign_in_to_settings("globex_owner")
    await owner.open("globex", f"{PROXIES}/add/")
    await owner.page.get_by_label("Name", exact=True).fill("Company proxy")
    await owner.page.get_by_label("Short name").fill("front")
    await owner.photograph("proxy-add")
    await owner.page.get_by_role("button", name="Add and make a secret").click()
    secret = await owner.page.get_by_label("New secret").input_value()
    await owner.photograph("proxy-secret")
    await owner.open("globex", "/settings/access/")
    await owner.page.get_by_role("checkbox", name="Company proxy").check()
    await owner.page.get_by_role("button", name="Save").click()
    await expect(owner.page.get_by_text("Access saved.")).to_be_visible()
    return secret


async def visit(page, url):
    """Open an address once the page before, which may be on its way somewhere by itself, is gone."""
    await go(page, "about:blank")
    await go(page, url)


async def is_signed_in_as(page, email):
    """Wait until the browser is somebody: the page goes to the sign-in and comes back by itself."""
    asks = "async (email) => (await (await fetch('/user')).json()).identifier === email"
    await page.wait_for_function(asks, arg=email)
    await page.locator("#chat-input").wait_for()


async def test_whom_the_proxy_names_chats_without_a_form_and_so_does_the_next(people, stack, globex, tmp_path):
    owner, visitor, outsider = await people.new(), await people.new(), await people.new()
    secret = await set_up(owner, stack)
    mark = secrets.token_hex(3)
    named = {"ann": f"ann-{mark}@globex.example", "bob": f"bob-{mark}@globex.example"}
    with naming_proxy(tmp_path, stack.port, secret=secret, people=named) as ports:
        for name in ("ann", "bob", "ann"):
            await visit(visitor.page, f"http://globex.localhost:{ports[name]}/")
            await is_signed_in_as(visitor.page, named[name])

        await visit(visitor.page, f"http://globex.localhost:{ports['bob']}/settings/sign-in/")
        await visitor.photograph("sign-in-by-proxy")
        await visitor.page.get_by_role("button", name=f"Continue as {named['bob']}").click()
        await go(visitor.page, f"http://globex.localhost:{ports['bob']}/settings/profile/")
        await expect(visitor.page.get_by_text(named["bob"]).first).to_be_visible()

        # What a visitor of the proxy sends is replaced, or another header, and nothing to anybody.
        for forged in ("x-FORWARDED-email", "X_Forwarded_Email"):
            through = post(ports["ann"], [(forged, named["bob"]), (SECRET, "mine")])
            assert identity(ports["ann"], through.cookies) == named["ann"]
        # Past the proxy nobody is named, whoever they are signed in as goes on.
        assert post(stack.port, [("X-Forwarded-Email", named["ann"])]).status_code == 401
    await outsider.open("globex")
    await expect(outsider.page.locator("#password")).to_be_visible()


async def test_headers_past_the_proxy_are_worth_what_the_secret_is(people, stack, globex):
    owner = await people.new()
    secret = await set_up(owner, stack)
    email = ("X-Forwarded-Email", "hank@globex.example")

    def status(*sent, tenant="globex"):
        return post(stack.port, sent, tenant=tenant).status_code

    assert status((SECRET, secret), email) == 200
    assert status((SECRET, "wrong"), email) == 401
    assert status((SECRET, secret), email, tenant="acme") == 400
    assert status((SECRET, secret), email, ("x-forwarded-EMAIL", "owner@globex.example")) == 400
    assert status((SECRET, secret), ("X_Forwarded_Email", "owner@globex.example")) == 403
    assert status(("X_Trusted_Proxy_Secret", secret), email) == 401
    assert status((SECRET, secret), (SECRET, secret), email) == 401

    cookies = post(stack.port, [(SECRET, secret), email]).cookies
    assert identity(stack.port, cookies) == email[1]
    assert identity(stack.port, cookies, [email]) == email[1]
    assert identity(stack.port, cookies, [("X-Forwarded-Email", "owner@globex.example")]) == 401

    page = globex.submit(f"{PROXIES}/front/secrets/", {}, page=f"{PROXIES}/front/").text
    newer = re.search(r'id="new-secret" value="([^"]+)"', page).group(1)
    assert [status((SECRET, each), email) for each in (secret, newer)] == [200, 200]
    older = re.findall(r"/secrets/([0-9a-f-]{36})/withdraw/", page)[-1]
    globex.submit(f"{PROXIES}/front/secrets/{older}/withdraw/", {}, page=f"{PROXIES}/front/")
    assert [status((SECRET, each), email) for each in (secret, newer)] == [401, 200]
    log = stack.log.read_text(errors="replace")
    assert secret not in log
    assert newer not in log
