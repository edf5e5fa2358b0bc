"""Who may enter, and from where: sign-in of every kind, keys of people's own, other sites."""

import re
import time

import jwt
from playwright.async_api import Route

from tests.compatibility.performance import scenario
from tests.compatibility.person import Person

SECRET = "a secret that is long enough to sign tokens with"
SIGNED = {"CHAINLIT_AUTH_SECRET": SECRET}


@scenario(says=None, environment={**SIGNED, "DOOR_PASSWORD": "sesame"})
async def passwords(person: Person) -> None:
    await person.open("/")
    await person.page.wait_for_url("**/login")
    await person.look("the sign-in page")
    await person.sign_in("ada", "open up")
    await person.sees("Unable to sign in")
    await person.look("a wrong password")
    await person.sign_in("ada", "sesame")
    await person.ask("who am I?", "passwords lets in ada with 4000 keys")
    await person.page.locator("#user-nav-button").click()
    await person.look("signed in")
    person.note("cookies", await _cookies(person))
    me = await person.fetch("/user")
    person.note("the person", re.sub(r'"(id|createdAt)":"[^"]*"', "", me["body"]).replace("k" * 4000, "k…"))
    await person.page.get_by_role("menuitem", name="Logout").click()
    await person.page.wait_for_url("**/login")
    person.note("cookies afterwards", await _cookies(person))
    person.note("a stranger", await person.fetch("/user"))
    person.note("a stranger's settings", (await person.fetch("/project/settings"))["status"])


@scenario(
    says=None,
    environment=SIGNED,
    browser={"extra_http_headers": {"X-Recognised": "grace", "X-Team": "compilers"}},
)
async def header_sign_in(person: Person) -> None:
    await person.enter()
    await person.ask("who am I?", "header_sign_in recognised grace of compilers")
    await person.look("recognised")
    await person.context.clear_cookies()
    await person.context.set_extra_http_headers({})
    await person.open("/")
    await person.page.wait_for_url("**/login*")
    await person.look("not recognised")


@scenario(
    says=None,
    environment={
        **SIGNED,
        "OAUTH_GENERIC_CLIENT_ID": "shelf",
        "OAUTH_GENERIC_CLIENT_SECRET": "the shelf's secret",
        "OAUTH_GENERIC_AUTH_URL": "{identity_provider}/oauth2/authorize",
        "OAUTH_GENERIC_TOKEN_URL": "{identity_provider}/oauth2/token",
        "OAUTH_GENERIC_USER_INFO_URL": "{identity_provider}/userinfo",
        "OAUTH_GENERIC_SCOPES": "openid email",
        "OAUTH_GENERIC_USER_IDENTIFIER": "sub",
        "OAUTH_GENERIC_NAME": "the-library",
    },
)
async def provider_sign_in(person: Person) -> None:
    await person.open("/")
    await person.sees(re.compile("the-library", re.IGNORECASE))
    await person.look("the sign-in page")
    for name, arrives in (("stranger", False), ("edsger", True)):
        await person.press(re.compile("the-library", re.IGNORECASE))
        await person.page.wait_for_url("**/oauth2/authorize*")
        await person.page.locator("input[name=sub]").fill(name)
        await person.page.locator("button[type=submit], input[type=submit]").first.click()
        if not arrives:
            await person.page.wait_for_url("**/login?error=*")
            await person.look("not let in")
    await person.is_connected()
    await person.ask("who am I?", "provider_sign_in knows edsger from the-library")
    await person.look("let in")


@scenario(says=None, environment=SIGNED)
async def widget(person: Person) -> None:
    """A shop's page holds the widget: another origin of the same site, as browsers want for its cookies."""
    await person.context.route("http://widget.localhost/**", _shop(person.url))
    await person.page.goto("http://widget.localhost/no-token")
    await person.page.locator("#chainlit-copilot-button").click()
    await person.sees("No authentication token provided.")
    await person.look("without a token")
    await person.page.goto("http://widget.localhost/forged")
    await person.page.locator("#chainlit-copilot-button").click()
    await person.sees("Invalid token")
    await person.look("with a token of somebody else's")
    await person.page.goto("http://widget.localhost/")
    await person.page.locator("#chainlit-copilot-button").click()
    await person.is_connected()
    await person.ask("who am I?", "widget knows barbara in copilot")
    await person.ask("what is in the cart?", "widget sees two lamps of barbara")
    await person.look("the widget on the shop's page")


@scenario(hears="window_messages told the window")
async def window_messages(person: Person) -> None:
    async def answer(route: Route) -> None:
        await route.fulfill(content_type="text/html", body=_FRAME.replace("CHAT", person.url))

    await person.context.route("http://window-messages.localhost/", answer)
    await person.page.goto("http://window-messages.localhost/")
    chat = person.page.frame_locator("#chat")
    await chat.locator("#chat-input").click()
    await person.page.keyboard.type("hello")
    await chat.locator("#chat-submit:enabled").click()
    await chat.get_by_text("window_messages told the window").wait_for()
    await person.sees('"said":"hello"')
    await person.page.get_by_role("button", name="Tell the chat").click()
    await chat.get_by_text("window_messages heard from the window: a word").wait_for()
    await person.sees("the chat thanks for a word")
    await person.look_at(chat.locator("body"), "the chat in its frame")
    await person.look_at("#heard", "what the window heard")


@scenario(says=None)
async def user_keys(person: Person) -> None:
    await person.open("/")
    await person.page.wait_for_url("**/env")
    await person.look("asked for keys")
    await person.page.locator("#SHELF_KEY").fill("shelf-1")
    await person.page.locator("#LAMP_KEY").fill("lamp-2")
    await person.page.locator("#submit-env").click()
    await person.is_connected()
    await person.ask("hello", "user_keys got [('LAMP_KEY', 'lamp-2'), ('SHELF_KEY', 'shelf-1')]")
    await person.look("with keys")


async def _cookies(person: Person) -> list[str]:
    """Return the names of the browser's cookies but for the one that live changes are told by, which is ours alone."""
    return sorted({cookie["name"] for cookie in await person.context.cookies()} - {"live"})


def _token(secret: str) -> str:
    claims = {"identifier": "barbara", "metadata": {}, "exp": int(time.time()) + 600}
    return jwt.encode(claims, secret, algorithm="HS256")


def _shop(chat: str):
    async def answer(route: Route) -> None:
        path = route.request.url.removeprefix("http://widget.localhost")
        token = {"/": _token(SECRET), "/forged": _token("another secret, long enough for tokens too")}.get(path, "")
        if path not in ("/", "/forged", "/no-token"):
            await route.fulfill(status=404)
            return
        await route.fulfill(content_type="text/html", body=_SHOP.replace("CHAT", chat).replace("TOKEN", token))

    return answer


_SHOP = """<!doctype html><meta charset="utf-8"><title>A shop</title><h1>A shop</h1>
<script src="CHAT/copilot/index.js"></script>
<script>
  window.mountChainlitWidget({chainlitServer: "CHAT", accessToken: "TOKEN" || undefined, theme: "light"})
  window.addEventListener("chainlit-call-fn", (event) => {
    const {name, args, callback} = event.detail
    callback(name === "cart" ? `two lamps of ${args.of}` : "no such function")
  })
</script>"""

_FRAME = """<!doctype html><meta charset="utf-8"><title>A window</title><h1>A window</h1>
<button onclick="document.querySelector('#chat').contentWindow.postMessage('a word', '*')">Tell the chat</button>
<ul id="heard"></ul>
<iframe id="chat" src="CHAT/" width="900" height="900"></iframe>
<script>
  window.addEventListener("message", (event) => {
    const item = document.createElement("li")
    item.textContent = typeof event.data === "string" ? event.data : JSON.stringify(event.data)
    document.querySelector("#heard").append(item)
  })
</script>"""
