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
    await person.rests()
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


@scenario(hears="is Profiles, editing True")
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
