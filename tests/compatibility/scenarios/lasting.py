"""What outlives a message: threads in a data layer, tools, speech, work beside the chat, a lost connection."""

from tests.compatibility.performance import scenario
from tests.compatibility.person import Person
from tests.compatibility.scenarios.entering import SIGNED


@scenario(says=None, environment=SIGNED)
async def remembering(person: Person) -> None:
    page = person.page
    await person.open("/login")
    await person.sign_in("ada", "sesame")
    await person.sees("remembering begins anew")
    await person.ask("lamps", "remembering knows lamps")
    await person.ask("chairs", "remembering knows lamps and chairs")
    await person.look("a conversation")
    await page.locator(".positive-feedback-off").last.click()
    await page.locator("#feedback-comment, textarea[placeholder]").last.fill("well said")
    await page.locator("#submit-feedback").click()
    await person.sees("remembering was judged 1: well said")
    await person.look("after feedback")
    thread = page.url.rsplit("/", 1)[-1]
    person.note("where", page.url)
    await page.locator("#new-chat-button").click()
    await person.press("Confirm")
    await page.get_by_text("remembering knows").first.wait_for(state="detached")
    await person.sees("remembering begins anew")
    await person.look("a new chat")
    await page.locator("#thread-history a, [id^=thread-]").filter(has_text="lamps").first.click()
    await person.sees("remembering knows lamps and chairs")
    await person.is_connected()
    await person.ask("tables", "remembering was resumed and has heard 3 questions")
    await person.look("the conversation resumed")
    await page.get_by_text("tables", exact=True).hover()
    await page.locator("button:has(.lucide-star)").last.click()
    await person.look("a question kept for later")
    await page.goto(person.url + f"/thread/{thread}")
    await person.sees("remembering knows lamps and chairs and tables")
    await person.look("the conversation by its address")
    shared = await person.fetch(f"/project/share/{thread}")
    person.note("not shared yet", shared["status"])
    body = f'{{"threadId": "{thread}", "isShared": true}}'
    share = await person.fetch(
        "/project/thread/share", method="PUT", body=body, headers={"Content-Type": "application/json"}
    )
    person.note("shared", share)
    await person.context.clear_cookies()
    person.note("a stranger is shown it", (await person.fetch(f"/project/share/{thread}"))["status"])
    person.note("a stranger asks for it", (await person.fetch(f"/project/thread/{thread}"))["status"])


@scenario(hears="tools has no abacus")
async def tools(person: Person) -> None:
    await person.enter()
    await person.ask("count", "tools has no abacus")
    await person.page.locator("#message-composer button:has(.lucide-plug)").last.click()
    await person.look("the servers that the app offers")
    connect = person.page.locator("#mcp-servers").get_by_role("button", name="Connect")
    await connect.first.click()
    await person.sees("MCP connected!")
    await person.look_at("#mcp-servers", "a server connected")
    await person.close_dialog()
    await person.sees("tools got ['add'] of abacus")
    await person.ask("count", "tools counted 5 lamps, beside the app: True, None")
    await person.page.locator("#message-composer button:has(.lucide-plug)").last.click()
    await person.page.get_by_role("tab", name="Connect an MCP").click()
    await connect.last.click()
    await person.sees("Could not connect to the MCP server")
    await person.look_at("#mcp-servers", "a server that cannot be started")
    await person.page.get_by_role("tab", name="My MCPs").click()
    await person.page.locator("#mcp-servers button:has(.lucide-trash-2)").first.click()
    await person.page.get_by_role("alertdialog").get_by_role("button").last.click()
    await person.close_dialog()
    await person.sees("tools lost abacus")
    # Toasts go by themselves, each in its own time, so what the app said is compared instead of the screen.
    person.note("what the app said", await person.answers("tools"))


@scenario(hears="voice would rather listen", browser={"permissions": ["microphone"]})
async def voice(person: Person) -> None:
    await person.enter()
    microphone = person.page.locator("#message-composer button:has(svg)").nth(-2)
    await microphone.click()
    await person.sees("voice hears pcm16")
    await person.page.locator("#message-composer button:has(.lucide-x)").click()
    await person.sees("voice heard something: True")
    await person.rests()
    await person.look("after it has listened")


@scenario(hears="loops came to 3, 3")
async def loops(person: Person) -> None:
    await person.enter()
    await person.say("go")
    await person.sees("loops sends a toast")
    await person.sees("loops came to 3, 3")
    await person.rests()
    # A toast goes by itself, and how soon after the answer is a matter of how busy the machine is.
    await person.page.get_by_text("loops sends a toast").wait_for(state="detached")
    await person.look("spoken from everywhere")
    await person.context.set_offline(True)
    await person.sees("Could not reach the server")
    await person.look("the connection is lost")
    await person.context.set_offline(False)
    await person.page.get_by_text("Could not reach the server").wait_for(state="detached")
    await person.ask("count", "loops counted 2")
    await person.look("the same conversation goes on")
