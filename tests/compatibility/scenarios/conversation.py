"""Talking: messages, streaming, steps, editing, stopping."""

from tests.compatibility.performance import scenario
from tests.compatibility.person import Person


@scenario(says="hello", hears="messages heard: hello")
async def messages(person: Person) -> None:
    await person.enter()
    await person.sees("Welcome to messages.")
    await person.look("greeting")
    await person.ask("hello", "messages heard: hello")
    await person.look("an answer with a list and a table")
    await person.say("fail")
    await person.sees("fail")
    await person.rests()
    await person.look("an error of the app")
    await person.press("Readme")
    await person.look("the welcome page that Chainlit brings")


@scenario(hears="streaming says one word at a time.")
async def streaming(person: Person) -> None:
    await person.enter()
    await person.ask("go on", "streaming counted to 3")
    await person.look("two streamed answers")


@scenario(hears="steps found: 2 RESULTS FOR HELLO")
async def steps(person: Person) -> None:
    await person.enter()
    await person.ask("lamps", "steps found: 2 RESULTS FOR LAMPS")
    await person.look("steps folded")
    for name in ("search the shelves", "read the index", "call the warehouse", "summarise"):
        await person.press(name)
    await person.look("steps unfolded")


@scenario(hears="editing remembers: hello")
async def editing(person: Person) -> None:
    await person.enter()
    await person.ask("one", "editing remembers: one")
    await person.ask("two", "editing remembers: one, two")
    await person.page.get_by_text("one", exact=True).hover()
    await person.look("what may be done with a message")
    await person.page.locator(".edit-message").first.click()
    await person.page.locator("#edit-chat-input").fill("three")
    await person.press("Confirm")
    await person.sees("editing remembers: three")
    await person.rests()
    await person.look("the edited question answered anew")


@scenario(hears="stopping was stopped 0 times")
async def stopping(person: Person) -> None:
    await person.enter()
    await person.say("count")
    await person.sees("stopping counts: 0 1")
    await person.page.locator("#stop-button").click()
    await person.sees("Task manually stopped.")
    await person.rests()
    await person.say("think in a thread")
    await person.sees("stopping starts to think")
    await person.page.locator("#stop-button").click()
    await person.rests()
    await person.ask("how often?", "stopping was stopped 2 times")
    await person.look_at(person.page.get_by_text("stopping was stopped"), "how often it was stopped")
    person.note("what was said", await person.answers("Task manually", "stopping starts", "too late"))
