"""`manage.py up --app <folder>`: save and see, in the browser, with another tenant's chat open beside it."""

import re
import shutil
import tempfile
from pathlib import Path

import pytest
from playwright.async_api import expect

from controlplane.supervisor.ports import choose_port
from tests.browser.conftest import People
from tests.running_stack import RunningStack

pytestmark = pytest.mark.stack

MAIN = """import chainlit as cl

from answers import ANSWER


@cl.on_message
async def answer(message: cl.Message) -> None:
    await cl.Message(f"{ANSWER} {message.content}").send()
"""


@pytest.fixture(scope="module")
def app():
    """The folder of an app, somewhere."""
    folder = Path(tempfile.mkdtemp(prefix="chainlit-tenants-app-")) / "my_chainlit_project"
    folder.mkdir()
    (folder / "main.py").write_text(MAIN)
    (folder / "answers.py").write_text('ANSWER = "first"\n')
    yield folder
    shutil.rmtree(folder.parent)


@pytest.fixture(scope="module")
def developing(app):
    """The whole stack, developing that app."""
    directory = Path(tempfile.mkdtemp(prefix="chainlit-tenants-stack-"))
    directory.chmod(0o711)  # Postgres' own user passes through
    stack = RunningStack(directory / "data", choose_port(), command=("manage.py", "up", "--app", str(app)))
    stack.start()
    yield stack
    stack.stop()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
async def people(browser, developing):
    people = People(browser, developing)
    yield people
    await people.leave()


async def loads_of(person):
    """Return how often the present document of a page was made: 1 after it was opened."""
    return await person.page.evaluate("sessionStorage.getItem('loads')")


COUNT_LOADS = "sessionStorage.setItem('loads', Number(sessionStorage.getItem('loads') || 0) + 1)"


async def test_saving_shows_in_the_open_page_a_mistake_too_and_the_next_save_heals(people, developing, app):
    neighbour, developer = await people.new(), await people.new()
    for person in (neighbour, developer):
        await person.page.add_init_script(COUNT_LOADS)
    await neighbour.open("acme")
    await neighbour.ask("What is 6 * 7?")
    await developer.open("my-chainlit-project")
    await expect(developer.page).to_have_title("My Chainlit Project")
    assert "first hello" in await developer.ask("hello")

    (app / "answers.py").write_text('ANSWER = "other"\n')
    await developer.page.wait_for_function("sessionStorage.getItem('loads') === '2'")
    assert "other hello" in await developer.ask("hello")

    (app / "answers.py").write_text("ANSWER = (\n")
    await expect(developer.page.locator("pre")).to_contain_text("SyntaxError")
    await expect(developer.page.locator("pre")).to_contain_text("answers.py")
    await developer.photograph("broken-app")
    assert re.search(r"app_broken.*my_chainlit_project", developing.log.read_text())

    (app / "answers.py").write_text('ANSWER = "healed"\n')
    await developer.page.locator("#chat-input").wait_for()
    assert "healed hello" in await developer.ask("hello")
    assert await loads_of(developer) == "4"

    assert await loads_of(neighbour) == "1"
    assert "42" in await neighbour.page.locator("[data-step-type=assistant_message]").last.inner_text()
    assert "54" in await neighbour.ask("What is 6 * 9?")


def test_the_owner_of_its_tenant_has_the_settings_page(developing):
    email, password = developing.sign_in("app_owner")
    assert email == "owner@app.example"
    assert password
    assert developing.get("my-chainlit-project", "/settings/").status_code in (200, 302)
    assert developing.get("nobody").status_code == 404
