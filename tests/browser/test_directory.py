"""A customer's directory, connected on the settings page, makes somebody an admin and shuts them out."""

import asyncio
import re
import secrets

import httpx
from playwright.async_api import expect

from tests.browser.navigation import go
from tests.browser.test_sign_in import in_chat, invited

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
PASSPHRASE = "a passphrase to begin with"


class Directory:
    """A directory's client at a tenant's host, through the gateway."""

    def __init__(self, stack, tenant: str, token: str) -> None:
        self._stack, self._tenant, self._token = stack, tenant, token

    async def ask(self, method: str, path: str, body: object = None) -> dict:
        """Send a request that must succeed; return its answer."""
        headers = {"host": f"{self._tenant}.localhost:{self._stack.port}", "authorization": f"Bearer {self._token}"}
        address = f"http://127.0.0.1:{self._stack.port}/settings/scim/v2{path}"
        answer = await asyncio.to_thread(httpx.request, method, address, headers=headers, json=body, timeout=20)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else {}

    async def patch(self, resource: str, /, **operation: object) -> None:
        """Change one thing."""
        await self.ask("PATCH", resource, {"schemas": [PATCH], "Operations": [operation]})


async def test_a_directory_makes_somebody_an_admin_and_shuts_them_out_of_the_open_chat(people, stack):
    owner, guest = await people.new(), await people.new()
    email = f"ann-{secrets.token_hex(4)}@globex.example"
    await owner.open("globex", "/settings/")
    await owner.sign_in_to_settings("globex_owner")
    await go(guest.page, await invited(owner, stack, email))
    await guest.page.get_by_label("Your name").fill("Ann Lee")
    await guest.page.get_by_label("New password").fill(PASSPHRASE)
    await guest.page.get_by_role("button", name="Accept the invitation").click()
    await in_chat(guest)

    await owner.open("globex", "/settings/access/")
    await owner.page.get_by_role("link", name="provisioning").click()
    await owner.page.get_by_label("Name").fill(f"Entra {secrets.token_hex(2)}")
    await owner.page.get_by_role("button", name="Make token").click()
    token = await owner.page.get_by_label("Secret token").input_value()
    await owner.photograph("directory-token")
    directory = Directory(stack, "globex", token)

    # Whom people invited is found, not added again.
    found = await directory.ask("GET", f'/Users?filter=userName eq "{email}"')
    user = found["Resources"][0]["id"]
    name = f"Chat admins {secrets.token_hex(2)}"
    group = {"schemas": [GROUP], "displayName": name, "members": [{"value": user}]}
    group_id = (await directory.ask("POST", "/Groups", group))["id"]
    await owner.open("globex", "/settings/access/directory/")
    row = owner.page.locator("li", has_text=name)
    await row.get_by_role("combobox").select_option("Admin")
    await row.get_by_role("button", name="Save").click()
    await expect(owner.page.get_by_text("have their roles already")).to_be_visible()
    await owner.photograph("directory-groups")

    # Another role is another sign-in, now with a way to the settings.
    await expect(guest.page).to_have_url(re.compile("/login"))
    await guest.sign_in_to_chat((email, PASSPHRASE))
    await in_chat(guest)
    await expect(guest.page.get_by_role("link", name="Settings")).to_be_visible()

    await directory.patch(f"/Users/{user}", op="Replace", path="active", value="False")
    await expect(guest.page).to_have_url(re.compile("/login"))
    await guest.sign_in_to_chat((email, PASSPHRASE))
    await expect(guest.page.get_by_text(re.compile("sign in failed", re.IGNORECASE)).first).to_be_visible()
    await directory.ask("DELETE", f"/Groups/{group_id}")
    await directory.ask("DELETE", f"/Users/{user}")


async def test_the_directory_page_fits_every_screen(people):
    for scheme in ("light", "dark"):
        for width, height, size in ((1280, 900, "wide"), (390, 844, "phone")):
            person = await people.new(width=width, height=height, scheme=scheme)
            await person.open("globex", "/settings/access/directory/")
            await person.sign_in_to_settings("globex_owner")
            await expect(person.page.get_by_role("heading", name="Provision people")).to_be_visible()
            await person.photograph(f"settings-directory-{size}-{scheme}")
            overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            assert not await person.page.evaluate(overflow), f"the directory is wider than a {size} screen"
