"""What stands beside words: files of all kinds, charts, elements of an app's own, the sidebar."""

from tests.compatibility.performance import scenario
from tests.compatibility.person import Person


@scenario(hears="media has nothing of that kind")
async def media(person: Person) -> None:
    await person.enter()
    await person.ask("pictures", "media shows bytes")
    await person.page.locator("img.inline-image").nth(3).wait_for()
    await person.look("pictures")
    await person.ask("documents", "media shows leaflet")
    await person.sees("roses are")
    await person.page.get_by_text("Loading preview").wait_for(state="detached")
    await person.look("documents")
    await person.ask("recordings", "media plays recordings")
    await person.page.locator("video").wait_for()
    playable = "media => [...document.querySelectorAll('audio, video')].every(media => media.duration > 0)"
    await person.page.wait_for_function(playable)
    await person.look("recordings")
    await person.ask("beside the chat", "media refers to")
    await person.page.locator("a.element-link", has_text="poem").click()
    await person.sees("violets are blue")
    await person.look("a text beside the chat")


@scenario(hears="charts of the stock")
async def charts(person: Person) -> None:
    await person.enter()
    await person.ask("show them", "charts of the stock")
    await person.page.locator(".js-plotly-plot .bars").wait_for()
    await person.page.locator("img.inline-image").wait_for()
    await person.sees("In stock")
    await person.look("a chart and a table")


@scenario(hears="custom_elements heard hello")
async def custom_elements(person: Person) -> None:
    await person.enter()
    await person.ask("show", "custom_elements grows")
    await person.sees("fern with 3 leaves")
    await person.look("an element of the app's own")
    await person.press("Water")
    await person.sees("custom_elements watered fern")
    await person.press("One more leaf")
    await person.sees("fern with 4 leaves")
    await person.ask("grow", "custom_elements has grown")
    await person.sees("fern with 10 leaves")
    await person.press("Speak")
    await person.sees("custom_elements heard a word from the plant")
    await person.rests()
    await person.look("after its buttons were pressed")
    await person.press("Remove")
    await person.page.get_by_text("fern with").wait_for(state="detached")
    await person.say("ask")
    await person.page.get_by_label("street").fill("Elm Row")
    await person.look("asked by an element")
    await person.press("Send it")
    await person.sees("custom_elements sends it to Elm Row, True")
    await person.rests()
    await person.look("after the answer")


@scenario(hears="sidebar is open")
async def sidebar(person: Person) -> None:
    await person.enter()
    await person.ask("open", "sidebar is open")
    await person.sees("a note beside the chat")
    await person.look("the sidebar with a text and a picture")
    await person.ask("close", "sidebar is closed")
    await person.page.get_by_text("a note beside the chat").wait_for(state="detached")
    await person.look("the sidebar closed")
