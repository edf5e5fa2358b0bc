"""Many apps in one process, and what is said of those that cannot serve."""

import signal
from pathlib import Path

import pytest
from socketio.exceptions import ConnectionError as SocketConnectionError

APPS = Path(__file__).parents[1] / "served_apps"


def test_broken_apps_are_named_and_do_not_stop_the_others(runtime):
    report = runtime.command("report")

    folders = {folder.name for folder in (runtime.folder / "apps").iterdir()}
    assert set(report["loaded"]) == folders - {"broken"}
    assert report["broken"] == {"broken": "RuntimeError: the vector store is not configured"}


async def test_no_way_of_being_unusable_stops_the_other_apps(start_runtime):
    unusable = list((Path(__file__).parents[1] / "unusable_apps").iterdir())
    runtime, _ = start_runtime(more={"app_load_seconds": 5}, more_apps=unusable)

    reasons = runtime.command("report")["broken"]
    assert reasons.keys() == {"broken", "endless", "misconfigured", "mute", "quits"}
    assert reasons["quits"] == "SystemExit: no licence was found"
    assert reasons["endless"].startswith("LoadingTookTooLongError: The app had not been imported after 5 seconds")
    assert reasons["mute"].startswith("NothingToAnswerError: The app declares neither on_chat_start nor on_message")
    assert "layout" in reasons["misconfigured"]
    # Its startup hook waits for ever; it is said, and the app serves as one whose hook failed does.
    assert "app_startup_unfinished" in runtime.log
    assert "late" in runtime.command("report")["loaded"]
    async with runtime.chat("left") as left:
        assert (await left.send("hello")).text == "left left left"


async def test_modules_of_equal_names_stay_with_their_app(runtime):
    async with runtime.chat("left") as left, runtime.chat("right") as right:
        assert (await left.send("hello")).text == "left left left"
        assert (await right.send("hello")).text == "right right right"


def test_a_route_that_one_app_adds_is_not_served_for_another(runtime):
    with runtime.client("left") as left, runtime.client("right") as right:
        assert left.get("/left-only").json() == {"side": "left"}
        assert "<title>Right Chat</title>" in right.get("/left-only").text


@pytest.mark.parametrize(("slug", "shown"), [("shattered", "“broken”"), ("lost", "“no&lt;such&gt;app”")])
def test_a_tenant_of_an_app_that_cannot_serve_gets_a_page_that_names_it(runtime, slug, shown):
    with runtime.client(slug, Accept="text/html") as client:
        for path in ("/", "/project/settings", "/logo"):
            response = client.get(path)
            assert response.status_code == 503
            assert shown in response.text
            assert "vector store" not in response.text
            assert "Traceback" not in response.text


async def test_a_tenant_of_an_app_that_cannot_serve_opens_no_socket(runtime):
    with pytest.raises(SocketConnectionError):
        await runtime.chat("shattered").connect()


async def test_the_example_chats(runtime):
    async with runtime.chat("assisted") as chat:
        reply = await chat.send("What is 12 * (3 + 4)?")

    assert "84" in reply.text
    assert len(reply.tokens) > 5


def test_nothing_is_written_into_the_folder_of_an_app(runtime):
    with runtime.client("right") as client:
        client.get("/project/translations", params={"language": "de"})

    assert sorted(path.name for path in (APPS / "twin_right").iterdir() if path.name != "__pycache__") == [
        "helpers.py", "lazy.py", "main.py", "siblings",
    ]  # fmt: skip


def test_chainlit_leaves_nothing_behind_in_the_data_directory(runtime):
    assert {path.name for path in (runtime.folder / "data").iterdir()} <= {"files"}


async def test_an_apps_startup_hook_has_run_once_before_the_first_chat(runtime):
    async with runtime.chat("stored-one", cookies=runtime.sign_in("stored-one")) as chat:
        assert (await chat.send("hello")).text.startswith("['started'] ")


def test_stopping_runs_the_apps_shutdown_hook_and_lets_the_process_end_by_itself(start_runtime):
    runtime, process = start_runtime()
    process.terminate()

    # uvicorn ends by the signal it was sent; Chainlit would have left by os._exit(0).
    assert process.wait(timeout=20) == -signal.SIGTERM
    assert "the stored app was stopped" in runtime.log
