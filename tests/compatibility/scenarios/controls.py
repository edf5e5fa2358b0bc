"""What a chat offers besides text: buttons, questions, profiles, starters, lists of tasks."""

from tests.compatibility.performance import scenario
from tests.compatibility.person import Person


@scenario(hears="asking waits for “begin”")
async def asking(person: Person) -> None:
    await person.enter()
    await person.say("begin")
    await person.sees("What is your name?")
    await person.look("asked for text")
    await person.say("Ada")
    await person.sees("Tea or coffee?")
    await person.look("asked for a choice")
    await person.press("Coffee")
    await person.sees("Please upload your menu.")
    await person.look("asked for a file")
    menu = {"name": "menu.txt", "mimeType": "text/plain", "buffer": b"soup\nfish\ncake\n"}
    await person.page.locator("#ask-button-input").set_input_files([menu])
    await person.sees("asking serves coffee to Ada: menu.txt has 3 lines")
    await person.sees("asking heard None")
    await person.rests()
    await person.look("after an answer that did not come in time")


@scenario(hears="actions offers")
async def actions(person: Person) -> None:
    await person.enter()
    await person.ask("what is there?", "actions offers")
    await person.look("three buttons")
    await person.press("Add two")
    await person.sees("actions counted 2")
    await person.press("Add two")
    await person.sees("actions counted 4")
    await person.press("Forget me")
    await person.sees("actions forgot a button")
    await person.press("Break")
    await person.page.locator("button:enabled", has_text="Break").wait_for()
    await person.look("after each button was pressed")


@scenario(hears="task_list has weighed")
async def task_list(person: Person) -> None:
    await person.enter()
    await person.ask("work", "task_list has weighed")
    await person.sees("Failed")
    await person.look("a list of tasks")


@scenario(hears="starters began with “hello” and the command None")
async def starters(person: Person) -> None:
    await person.enter()
    await person.look("starters in groups")
    await person.press("Letters")
    await person.sees("Condole")
    await person.look("a group of starters")
    await person.press("Condole")
    await person.sees("starters began with “Write a condolence”")
    await person.rests()
    await person.look("after a starter")


@scenario(hears="editing True, uploads None")
async def chat_profiles(person: Person) -> None:
    await person.enter()
    await person.look("the profile by default")
    await person.ask("who are you?", "chat_profiles: Clerk is Profiles")
    await person.page.locator("#chat-profiles").click()
    await person.look("the choice of profiles")
    await person.page.get_by_role("option", name="The Poet").click()
    await person.press("Confirm")
    await person.sees("A sonnet")
    await person.is_connected()
    await person.look("another profile")
    await person.ask("who are you?", "chat_profiles: Poet is Poetical Assistant")
    await person.look("as another assistant")
    await person.page.locator("#chat-profiles").click()
    await person.page.get_by_role("option", name="Clerk").click()
    await person.press("Confirm")
    await person.ask("and now?", "chat_profiles: Clerk is Profiles")
    await person.look("the first profile again")


@scenario(hears="chat_settings uses large as clerk")
async def chat_settings(person: Person) -> None:
    await person.enter()
    await person.sees("chat_settings begins with")
    await person.page.locator("#chat-settings-open-modal").click()
    await person.sees("Warmth")
    await person.look("the settings on their first tab")
    await person.page.get_by_role("switch").click()
    await person.page.get_by_role("combobox").first.click()
    await person.page.get_by_role("option", name="small").click()
    await person.page.get_by_role("tab", name="More").click()
    await person.page.locator("input#persona").fill("poet")
    await person.look("the settings on their second tab")
    await person.press("Confirm")
    await person.sees("chat_settings is now small, streaming False")
    await person.ask("what now?", "chat_settings uses small as poet")
    await person.look("after the settings changed")


@scenario(hears="modes were None")
async def modes(person: Person) -> None:
    await person.enter()
    await person.page.locator("#mode-picker-trigger-model").click()
    await person.look("the choice of a mode")
    await person.page.get_by_text("Small").click()
    await person.ask("hello", "modes were")
    await person.look("the answer in another mode")


@scenario(hears="commands got None for “hello”")
async def commands(person: Person) -> None:
    await person.enter()
    await person.page.locator("#command-button").click()
    await person.sees("Draw something")
    await person.look("the menu of commands")
    await person.page.get_by_text("Draw something").click()
    await person.ask("a house", "commands got Picture for “a house”")
    await person.page.locator("#command-Stay").click()
    await person.ask("one", "commands got Stay for “one”")
    await person.ask("two", "commands got Stay for “two”")
    await person.look("after three commands")


@scenario(hears="uploads came without a file")
async def uploads(person: Person) -> None:
    await person.enter()
    files = [
        {"name": "list.txt", "mimeType": "text/plain", "buffer": b"one\ntwo\n"},
        {"name": "pixel.svg", "mimeType": "image/svg+xml", "buffer": b"<svg xmlns='http://www.w3.org/2000/svg'/>"},
    ]
    await person.page.locator("#upload-button-input").set_input_files(files)
    await person.sees("list.txt")
    await person.page.locator("#attachments .animate-spin, #attachments [role=progressbar]").first.wait_for(
        state="detached"
    )
    await person.look("two files attached")
    await person.say("read them")
    await person.sees("uploads got list.txt (text/plain): 8 bytes")
    await person.sees("uploads got pixel.svg (image/svg+xml): 41 bytes")
    await person.rests()
    await person.look("the files were read")
    too_large = {"name": "large.txt", "mimeType": "text/plain", "buffer": b"x" * 1_200_000}
    await person.page.locator("#upload-button-input").set_input_files([too_large])
    await person.sees("File is larger than")
    await person.look("a file that is too large")


@scenario(hears="small_print has <b>no</b> bold")
async def small_print(person: Person) -> None:
    await person.open("/?prompt=dites%20bonjour")
    await person.sees("Loud")
    await person.look("settings beside the chat, the page in French, a prompt in its address")
    person.note("the prompt", await person.page.locator("#chat-input").input_value())
    await person.page.locator("#chat-submit:enabled").click()
    await person.sees("bold and no")
    await person.rests()
    await person.look("steps but tools are hidden")
    await person.page.get_by_role("switch").click()
    await person.page.locator("#confirm-sidebar").click()
    await person.sees("small_print is loud: True")
    await person.look("settings changed")
    await person.page.locator("#new-chat-button").click()
    await person.page.get_by_text("small_print is loud").wait_for(state="detached")
    # The settings come with the new session.
    await person.sees("Loud")
    await person.look("a new chat without a question")
