"""Where an app runs: its folder, modules and environment, and what it adds to Chainlit's server."""

from tests.compatibility.performance import scenario
from tests.compatibility.person import Person

GIVEN = {"GIVEN": "by the developer"}


@scenario(hears="surroundings sees the same in a thread: True", environment=GIVEN)
async def surroundings(person: Person) -> None:
    await person.enter()
    await person.ask("look around", "surroundings sees the same in a thread: True")
    await person.look("what it found")


@scenario(hears="neighbours sees the same in a thread: True", environment=GIVEN)
async def neighbours(person: Person) -> None:
    await person.enter()
    await person.ask("look around", "neighbours sees the same in a thread: True")
    await person.look("what it found")


@scenario(hears="own_routes is own_routes and has ['started']")
async def own_routes(person: Person) -> None:
    await person.enter()
    await person.ask("hello", "own_routes is own_routes and has ['started']")
    asked = ("/shelf", "/shelf?limit=5", "/shelf?limit=x", "/whoami", "/sold-out", "/of-the-router", "/annex/room",
             "/leaflets/", "/leaflets/nothing", "/sub/inside")  # fmt: skip
    for path in asked:
        person.note(path, await person.fetch(path))
    person.note("posted", await person.fetch("/shelf", method="POST", body='{"lamps": 2}'))
    signed = "path => fetch(path).then(answer => answer.headers.get('x-signed-by'))"
    for path in ("/", "/project/translations", "/project/settings", "/auth/config", "/logo?theme=light", "/shelf"):
        person.note(f"{path} signed by", await person.page.evaluate(signed, path))
    echo = """() => new Promise((resolve, reject) => {
        const socket = new WebSocket(`ws://${location.host}/echo?sid=a+word`)
        socket.onopen = () => socket.send('hello')
        socket.onmessage = event => resolve(event.data)
        socket.onclose = event => reject(new Error(`closed with ${event.code}`))
    })"""
    person.note("a socket of its own", await person.page.evaluate(echo))
    await person.open("/some/address/of/the/page")
    await person.page.locator("#chat-input").wait_for()
    person.note("the page everywhere", await person.page.title())
    person.note("a file that is not there", await person.fetch("/public/nothing.png"))
