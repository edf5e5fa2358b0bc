"""The main job: one app, two tenants on their own domains, edited live, each as its own."""

import asyncio
import io
import re
import secrets

import pytest
from PIL import Image
from playwright.async_api import expect

from tests.running_stack import wait_until

pytestmark = pytest.mark.stack


def picture(colour: str) -> bytes:
    """Return a PNG with a rim, so that one sees that it is shown whole."""
    image = Image.new("RGBA", (320, 96), "white")
    image.paste(Image.new("RGBA", (304, 80), colour), (8, 8))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


async def wait_for_primary_colour(page, value: str) -> None:
    """Wait until Chainlit's script has set the CSS variable that buttons are painted with, as `H S% L%`."""
    await page.wait_for_function(
        "value => getComputedStyle(document.documentElement).getPropertyValue('--primary').trim() === value", arg=value
    )


async def open_workspace(operator, tenant: str, tab: str = "") -> None:
    """Go from the list of tenants to one of them, and on to a tab of its workspace."""
    await operator.page.locator("a[href$='/registry/tenant/']").first.click()
    await operator.page.wait_for_url("**/registry/tenant/")
    await operator.photograph("admin-tenants")
    await operator.page.locator("#result_list, table").get_by_role("link", name=tenant).first.click()
    await operator.page.wait_for_url("**/change/")
    if tab:
        await operator.page.get_by_role("link", name=tab, exact=True).click()
        await operator.page.wait_for_url(f"**/{tab.lower()}/")


async def test_an_operators_edit_is_on_acmes_next_request_and_globex_is_unchanged(people, stack):
    globex_before = stack.get("globex").text
    operator = await people.new()
    await operator.sign_in_to_admin()
    await operator.photograph("admin-dashboard")
    await open_workspace(operator, "Acme", "Branding")
    await operator.page.locator("input[name=display_name]").fill("Acme Rocket Desk")
    await operator.page.locator("input[name=light_primary]").fill("#7c3aed")
    await operator.photograph("admin-branding")
    await operator.page.get_by_role("button", name=re.compile("Save")).first.click()
    await expect(operator.page.get_by_text(re.compile(r"revision \d+")).first).to_be_visible()

    # The very next request, without any wait.
    assert "<title>Acme Rocket Desk</title>" in stack.get("acme").text
    assert stack.get("globex").text == globex_before

    visitor = await people.new()
    await visitor.open("acme")
    await expect(visitor.page).to_have_title("Acme Rocket Desk")
    await wait_for_primary_colour(visitor.page, "262.1 83.3% 57.8%")
    answer = await visitor.ask("Hello")
    assert "Acme Rocket Desk" in answer
    await visitor.photograph("acme-chat")


async def test_globex_asks_for_sign_in_and_a_member_chats(people, stack):
    member = await people.new(scheme="dark")
    await member.open("globex")
    await expect(member.page).to_have_url(re.compile("/login"))
    await member.photograph("globex-sign-in")

    await member.page.locator("#email").fill(stack.sign_in("globex_member")[0])
    await member.page.locator("#password").fill("not the password")
    await member.page.get_by_role("button", name="Sign In").click()
    await expect(member.page.get_by_text(re.compile("sign in failed", re.IGNORECASE)).first).to_be_visible()

    await member.sign_in_to_chat("globex_member")
    answer = await member.ask("What can you do?")
    assert "Globex" in answer
    await member.photograph("globex-chat")


async def test_a_member_of_globex_is_nobody_at_acme(people, stack):
    """The owner signed in to globex's settings stays a stranger to acme's, with all the browser's cookies."""
    owner = await people.new()
    await owner.open("globex", "/settings/")
    await owner.sign_in_to_settings("globex_owner")
    await owner.page.wait_for_url("**/settings/")
    cookies = await owner.context.cookies()
    jar = {cookie["name"]: cookie["value"] for cookie in cookies}
    refused = stack.get("acme", "/settings/branding/", cookies=jar, follow_redirects=False)
    assert refused.status_code == 302
    assert "sign-in" in refused.headers["location"]


async def test_an_owner_edits_the_brand_on_the_settings_page(people, stack):
    owner = await people.new()
    await owner.open("acme", "/settings/")
    await owner.photograph("settings-sign-in")
    await owner.sign_in_to_settings("acme_owner")
    await owner.photograph("settings-overview")
    await owner.open("acme", "/settings/branding/")
    await owner.page.get_by_label("Description").fill("Rockets, anvils and tunnels.")
    await owner.photograph("settings-branding")
    await owner.page.get_by_role("button", name="Save and publish").click()
    await expect(owner.page.get_by_text(re.compile(r"Live as revision \d+")).first).to_be_visible()
    assert 'content="Rockets, anvils and tunnels."' in stack.get("acme").text

    await owner.open("acme", "/settings/features/")
    row = owner.page.get_by_role("radiogroup", name="Edit messages")
    await row.get_by_role("radio", name="Off").check()
    await owner.page.get_by_role("button", name="Save and publish").click()
    await expect(owner.page.get_by_text(re.compile(r"Live as revision \d+")).first).to_be_visible()
    await owner.photograph("settings-features")
    settings = stack.get("acme", "/project/settings").json()
    assert settings["features"]["edit_message"] is False
    assert stack.get("globex", "/project/settings").status_code == 401


async def test_a_logo_goes_from_the_admin_through_the_worker_to_the_chat(people, stack, tmp_path):
    logo = tmp_path / "logo.png"
    logo.write_bytes(picture("rebeccapurple"))
    before = stack.get("acme", "/logo?theme=light").headers.get("location")
    operator = await people.new()
    await operator.sign_in_to_admin()
    await open_workspace(operator, "Acme", "Branding")
    await operator.page.locator("input[type=file]").first.set_input_files(logo)

    def published() -> bool:
        answer = stack.get("acme", "/logo?theme=light")
        return answer.is_redirect and answer.headers["location"] != before

    await asyncio.to_thread(wait_until, published, what="the published logo")
    await operator.photograph("admin-logo")
    address = stack.get("acme", "/logo?theme=light").headers["location"]
    file = stack.get("", address.split(f":{stack.port}")[1])
    assert file.status_code == 200
    assert file.headers["content-type"] == "image/png"
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "sandbox" in file.headers["content-security-policy"]

    visitor = await people.new()
    await visitor.open("acme")
    image = visitor.page.locator("img.logo").first
    await expect(image).to_be_visible()
    await expect(image).to_have_js_property("naturalWidth", 320)
    await expect(visitor.page.locator("#welcome-screen")).to_have_css("opacity", "1")  # Chainlit fades it in
    await visitor.photograph("acme-with-logo")


async def test_a_new_tenant_is_created_by_the_form_and_chats(people, stack):
    operator, slug = await people.new(), f"initech-{secrets.token_hex(3)}"
    await operator.sign_in_to_admin()
    await operator.page.get_by_role("link", name="Create tenant").first.click()
    await operator.page.locator("input[name=name]").fill("Initech")
    await operator.page.locator("input[name=slug]").fill(slug)
    await operator.page.locator("input[name=owner_email]").fill(f"bill@{slug}.example")
    await operator.photograph("admin-create-tenant")
    await operator.page.get_by_role("button", name=re.compile("Create")).last.click()
    await expect(operator.page.get_by_role("link", name=re.compile("chat", re.IGNORECASE)).first).to_be_visible(
        timeout=90_000
    )
    await operator.photograph("admin-tenant-is-live")
    visitor = await people.new()
    await visitor.open(slug)
    await expect(visitor.page).to_have_title("Initech")
    assert "Initech" in await visitor.ask("Hello")


async def test_suspending_answers_503_and_resuming_brings_the_chat_back(people, stack):
    operator = await people.new()
    await operator.sign_in_to_admin()
    await open_workspace(operator, "Globex")
    await operator.page.get_by_role("link", name="Suspend").click()
    await operator.page.get_by_role("button", name=re.compile("Suspend")).last.click()
    await expect(operator.page.get_by_text("Globex: suspended.")).to_be_visible()
    visitor = await people.new()
    await visitor.open("globex")
    await expect(visitor.page.get_by_text("paused")).to_be_visible()
    await visitor.photograph("suspended")
    assert stack.get("globex").status_code == 503
    assert stack.get("acme").status_code == 200
    await open_workspace(operator, "Globex")
    await operator.page.get_by_role("link", name="Resume").click()
    await operator.page.get_by_role("button", name=re.compile("Resume")).last.click()
    await expect(operator.page.get_by_text("Globex: served again.")).to_be_visible()
    assert stack.get("globex").status_code == 200


async def test_an_unknown_host_is_told_so_by_name(people):
    visitor = await people.new()
    await visitor.open("nobody")
    await expect(visitor.page.get_by_text("nobody.localhost")).to_be_visible()
    await visitor.photograph("unknown-host")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("size", "width", "height"), [("wide", 1440, 900), ("phone", 390, 844)])
async def test_every_page_fits_its_screen(people, scheme, size, width, height):
    """Nothing is wider than the screen, and a picture of each page is kept to be looked at."""
    person = await people.new(width=width, height=height, scheme=scheme)
    pages = [
        ("acme", "/", "#chat-input"),
        ("globex", "/login", "#email"),
        ("acme", "/settings/sign-in/", "input[name=email]"),
        ("nobody", "/", "h1"),
        ("", "/admin/login/", "input[name=username]"),
    ]
    for tenant, path, shown in pages:
        await person.open(tenant, path)
        await person.page.locator(shown).first.wait_for()
        await check_fit(person, f"{tenant or 'platform'}{path.replace('/', '-').rstrip('-')}-{size}-{scheme}")
    await person.open("acme", "/settings/")
    await person.sign_in_to_settings("acme_owner")
    for section in ("", "branding/", "files/", "features/", "flags/", "environment/", "access/"):
        await person.open("acme", f"/settings/{section}")
        await check_fit(person, f"settings-{section.strip('/') or 'overview'}-{size}-{scheme}")


async def check_fit(person, name: str) -> None:
    await person.photograph(name)
    overflow = await person.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{name} is {overflow} px too wide"


async def test_an_openai_key_makes_the_assistant_stream_from_that_api(people, stack):
    """The tenant's own key and address, set by an operator; the other tenant keeps answering by itself."""
    from tests.examples.openai_server import OpenAIServer

    with OpenAIServer() as server:
        operator = await people.new()
        await operator.sign_in_to_admin()
        await open_workspace(operator, "Acme", "Environment")
        for name, value, secret in (
            ("OPENAI_API_KEY", "sk-of-acme", True),
            ("OPENAI_BASE_URL", server.base_url, False),
        ):
            await operator.page.get_by_label("Name").fill(name)
            await operator.page.get_by_label("Value").fill(value)
            await operator.page.locator("input[name=is_secret]").set_checked(secret)
            await operator.page.get_by_role("button", name=re.compile("Save|Set|Add")).first.click()
            await expect(operator.page.get_by_text(name).first).to_be_visible()
        assert "sk-of-acme" not in await operator.page.content()
        await operator.photograph("admin-environment")

        visitor = await people.new()
        await visitor.open("acme")
        answer = await visitor.ask("Which model are you?")
        assert [request.api_key for request in server.requests] == ["sk-of-acme"]
        assert "OPENAI_API_KEY" not in answer

        member = await people.new()
        await member.open("globex")
        await member.sign_in_to_chat("globex_member")
        assert "OPENAI_API_KEY" in await member.ask("Which model are you?")
        assert len(server.requests) == 1

        await operator.page.bring_to_front()
        for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
            row = operator.page.get_by_role("row").filter(has_text=name)
            await row.get_by_role("button", name="Remove").click()
            await operator.page.get_by_role("dialog").get_by_role("button", name="Remove").click()
            await row.wait_for(state="detached")
        assert "OPENAI_API_KEY" in await visitor.ask("And now?")
