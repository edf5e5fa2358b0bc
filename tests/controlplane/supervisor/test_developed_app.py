"""The app that somebody is writing: which folder, which name, which tenant."""

import pytest

from controlplane.supervisor.developed_app import DevelopedApp, find_app
from controlplane.supervisor.errors import StartError
from controlplane.supervisor.settings import SupervisorSettings
from tests.controlplane.supervisor.test_stack import stack, told


@pytest.fixture
def folder(tmp_path):
    return make_app(tmp_path / "elsewhere" / "my_chainlit_project")


@pytest.fixture
def siblings(tmp_path):
    """The other apps: one."""
    return make_app(tmp_path / "apps" / "assistant").parent


def make_app(folder, name=""):
    (folder / ".chainlit").mkdir(parents=True)
    (folder / "main.py").touch()
    if name:
        (folder / ".chainlit" / "config.toml").write_text(f'[UI]\nname = "{name}"\n')
    return folder


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("my_chainlit_project", "my-chainlit-project"),
        ("My Project (2)", "my-project-2"),
        ("acme", "acme-chat"),
        ("app", "app-chat"),
        ("2048", "app-2048"),
        ("x", "x-chat"),
        ("日本", "my-app"),
        ("a" * 60, "a" * 34),
    ],
)
def test_its_tenant_is_named_after_the_folder_and_is_none_of_the_others(tmp_path, name, slug):
    assert DevelopedApp(name, tmp_path, tmp_path).slug == slug


def test_its_tenant_is_called_what_the_app_calls_itself(tmp_path):
    assert find_app(make_app(tmp_path / "one_app", "Support Desk"), among=tmp_path).title == "Support Desk"
    assert find_app(make_app(tmp_path / "two_app", "Assistant"), among=tmp_path).title == "Two App"
    assert find_app(make_app(tmp_path / "three.app"), among=tmp_path).title == "Three App"


def test_it_stands_beside_the_other_apps_and_may_lie_anywhere(directory, folder, siblings):
    developing = stack(directory, {"CHAINLIT_APPS_DIR": str(siblings)}, app=folder)
    developing.gather_apps()
    developing.gather_apps()
    for process in ("controlplane", "runtime", "worker", "seed"):
        apps = told(developing, process)["CHAINLIT_APPS_DIR"]
    assert {link.name: link.resolve() for link in (directory / "run" / "apps").iterdir()} == {
        "assistant": siblings / "assistant",
        "my_chainlit_project": folder,
    }
    assert apps == str(directory / "run" / "apps")


def test_only_while_an_app_is_written_the_runtime_watches_and_shows_errors(directory, folder):
    assert told(stack(directory, app=folder), "runtime")["RUNTIME_RELOAD"] == "true"
    assert "RUNTIME_RELOAD" not in told(stack(directory), "runtime")
    assert "RUNTIME_SHOW_ERRORS" not in told(stack(directory), "runtime")
    assert told(stack(directory, {"RUNTIME_SHOW_ERRORS": "false"}, app=folder), "runtime")["RUNTIME_SHOW_ERRORS"] == (
        "false"
    )


def test_another_app_prepares_the_database_anew(directory, folder, siblings):
    marks = {stack(directory, app=app).preparation_mark() for app in (None, folder)}
    assert len(marks) == 2


def test_an_app_of_the_folder_of_apps_is_taken_as_it_is(siblings):
    assert find_app(siblings / "assistant", among=siblings).name == "assistant"


def test_a_name_that_another_app_has_is_refused(tmp_path, siblings):
    with pytest.raises(StartError, match="another name"):
        find_app(make_app(tmp_path / "elsewhere" / "assistant"), among=siblings)


def test_a_folder_that_is_no_app_is_named(tmp_path):
    with pytest.raises(StartError, match=r"no main\.py or app\.py"):
        SupervisorSettings.from_environment({}, app=tmp_path)


def test_it_needs_the_demo(folder):
    with pytest.raises(StartError, match="--no-demo"):
        SupervisorSettings.from_environment({}, demo=False, app=folder)
