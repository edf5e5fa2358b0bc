"""How an app looks and which language it speaks."""

import json

from tests.compatibility.performance import scenario
from tests.compatibility.person import Person

_STYLE = """name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()"""


@scenario(hears="authors has the assistant")
async def authors(person: Person) -> None:
    await person.enter()
    await person.ask("who is there?", "authors has the assistant")
    await person.look("four speakers")
    for author in ("Dr. Watson", "Inspector", "Detective", "default"):
        picture = await person.fetch(f"/avatars/{author}")
        person.note(f"the picture of {author}", [picture["status"], picture["type"]])


@scenario(hears="branded has $$e^{i\\pi} = -1$$")
async def branded(person: Person) -> None:
    await person.enter()
    await person.sees("A note by the app's own script")
    await person.look("the app's own brand")
    await person.ask("*hello*", "modern alerts")
    await person.look("formulas, HTML, no steps")
    border = "() => getComputedStyle(document.body).borderTopColor"
    person.note("the app's stylesheet", await person.page.evaluate(border))
    for variable in ("--background", "--primary", "--font-sans"):
        person.note(variable, await person.page.evaluate(_STYLE, variable))
    person.note("theme", await person.page.evaluate("() => document.documentElement.className"))
    person.note("title", await person.page.title())
    for name in ("description", "og:title", "og:description", "og:url", "og:image"):
        content = person.page.locator(f"meta[name='{name}'], meta[property='{name}']").first
        person.note(name, await content.get_attribute("content"))
    formula = person.page.locator(".katex annotation").first
    person.note("the formula", await formula.text_content())
    for picture in ("/logo?theme=light", "/logo?theme=dark", "/favicon", "/public/help.svg"):
        person.note(picture, await person.fetch(picture))
    await person.press("Readme")
    await person.sees("Branded welcomes you")
    await person.look("the app's welcome")


@scenario(hears="languages hears", browser={"locale": "de-DE"})
async def languages(person: Person) -> None:
    await person.enter()
    await person.ask("hello", "languages hears de-DE")
    await person.press("Anleitung")
    await person.sees("Willkommen auf Deutsch")
    await person.look("in German")
    for language in ("en-US", "de-DE", "de", "de-AT", "fr-FR", "fr", "fo", "fo-FO", "xx", "zh-CN", "x'y", "../de"):
        translation = await person.fetch(f"/project/translations?language={language}")
        person.note(f"translation {language}", json.loads(translation["body"]))
        settings = await person.fetch(f"/project/settings?language={language}")
        person.note(f"welcome {language}", json.loads(settings["body"]).get("markdown", settings["status"]))


@scenario(hears="own_frontend answers")
async def own_frontend(person: Person) -> None:
    await person.open()
    await person.sees("A frontend of its own for Own frontend")
    await person.look("the frontend that the app brings")
    person.note("title", await person.page.title())
    for path in ("/assets/own.js", "/assets/nothing.js", "/logo?theme=light", "/anything"):
        person.note(path, (await person.fetch(path))["status"])
