"""Sessions, transports and files: an id of one tenant means nothing at another."""

import asyncio
import json
from contextlib import asynccontextmanager
from uuid import uuid4

import aiohttp
import pytest
import socketio
from socketio.exceptions import ConnectionError as SocketConnectionError
from socketio.exceptions import TimeoutError as SocketTimeoutError

from tests.runtime.chainlit_host.tenants_under_test import tenant_id

POLL = "/ws/socket.io/?EIO=4&transport=polling"


async def _ask(chat, command):
    return json.loads((await chat.send(command)).text)


async def test_a_session_is_restored_at_its_own_tenant(runtime):
    first = runtime.chat("acme")
    async with first:
        await _ask(first, "remember tea")
        async with runtime.chat("acme", session_id=first.session_id) as again:
            assert await _ask(again, "recall") == {"remembered": "tea", "messages": 3}


async def test_a_session_id_of_one_tenant_restores_nothing_at_another(runtime):
    first = runtime.chat("acme")
    async with first:
        await _ask(first, "remember tea")
        async with runtime.chat("changing", session_id=first.session_id) as other:
            assert await _ask(other, "recall") == {"remembered": None, "messages": 1}
        assert (await _ask(first, "recall"))["remembered"] == "tea"


async def test_a_session_of_another_member_is_not_restored(runtime):
    async with runtime.chat("globex", cookies=runtime.sign_in("globex")) as chat:
        stranger = runtime.chat(
            "globex", cookies=runtime.sign_in("globex", "bob@example.com"), session_id=chat.session_id
        )
        with pytest.raises(SocketConnectionError):
            await stranger.connect()


async def test_nothing_is_left_of_a_session_that_has_ended(runtime):
    first = runtime.chat("acme")
    async with first:
        await _ask(first, "remember tea")
        folder = runtime.folder / await _ask(first, "files")
        await _upload(runtime, "acme", first.session_id)
        assert list(folder.iterdir())

    # The probe's session_timeout is one second.
    async with asyncio.timeout(10):
        while folder.exists():  # noqa: ASYNC110 - the folder is another process's to remove
            await asyncio.sleep(0.05)
    async with runtime.chat("acme", session_id=first.session_id) as again:
        assert await _ask(again, "recall") == {"remembered": None, "messages": 1}


async def test_what_a_task_wrote_after_its_session_ended_is_not_found_by_the_next_of_that_id(runtime):
    first = runtime.chat("acme")
    async with first:
        await _ask(first, f"linger {first.session_id}")
    async with asyncio.timeout(10), runtime.chat("acme") as other:
        while (await _ask(other, f"env {first.session_id}"))["get"] is None:  # noqa: ASYNC110 - another process's task
            await asyncio.sleep(0.05)

    async with runtime.chat("acme", session_id=first.session_id) as again:
        assert await _ask(again, "recall") == {"remembered": None, "messages": 1}


@pytest.mark.parametrize("thread_id", ["../../other", "a/b", "x" * 129, "a\x00b"])
async def test_a_thread_id_that_could_lead_elsewhere_opens_no_session(runtime, thread_id):
    with pytest.raises(SocketConnectionError):
        await runtime.chat("acme", thread_id=thread_id).connect()


async def test_files_lie_in_the_tenants_own_folder_and_are_reached_there_alone(runtime):
    async with runtime.chat("acme") as chat:
        file_id = await _upload(runtime, "acme", chat.session_id)
        path = f"/project/file/{file_id}?session_id={chat.session_id}"
        folder = runtime.folder / await _ask(chat, "files")

        assert folder.parts[-2:] == (tenant_id("acme"), chat.session_id)
        assert folder.is_relative_to(runtime.folder / "data" / "files")
        with runtime.client("acme") as own, runtime.client("changing") as other:
            assert own.get(path).text == "contents"
            assert other.get(path).status_code == 404


@pytest.mark.parametrize("session_id", ["../public/x", "", "S/", "x" * 36, str(uuid4()) + "/", None, ["a"], {}])
async def test_a_session_id_that_is_no_uuid_opens_no_session(runtime, session_id):
    with pytest.raises(SocketConnectionError):
        async with _socket(runtime, "acme", session_id):
            pass


async def test_a_signed_in_persons_session_is_not_reached_once_nobody_needs_to_sign_in(runtime):
    cookies = runtime.sign_in("switching")
    async with runtime.chat("switching", cookies=cookies) as chat:
        file_id = await _upload(runtime, "switching", chat.session_id, cookies)
        path = f"/project/file/{file_id}?session_id={chat.session_id}"
        runtime.publish("switching", access={"mode": "anonymous"})
        with runtime.client("switching") as stranger:
            assert stranger.get(path).status_code == 404
        with pytest.raises(SocketConnectionError):
            await runtime.chat("switching", session_id=chat.session_id).connect()

    runtime.publish("switching", access={"mode": "members"})


async def test_what_an_app_caches_stays_with_the_tenant(runtime):
    async with (
        runtime.chat("acme") as acme,
        runtime.chat("globex", cookies=runtime.sign_in("globex")) as globex,
    ):
        assert await _ask(acme, "cached key") == "canary of acme"
        assert await _ask(globex, "cached key") == "canary of globex"


def test_a_transport_of_one_tenant_does_not_exist_at_another(runtime):
    with runtime.client("acme") as acme, runtime.client("changing") as other:
        sid = json.loads(acme.get(POLL).text[1:])["sid"]
        path = f"{POLL}&sid={sid}"

        assert other.get(path).status_code == 400
        assert other.post(path, content=b"1").status_code == 400
        assert other.get(path).text == other.get(f"{POLL}&sid=unknown").text
        # It is still open at its own tenant: the stranger could not close it.
        assert acme.post(path, content=b"40" + json.dumps({"sessionId": str(uuid4())}).encode()).status_code == 200


async def test_a_transport_of_one_tenant_is_not_upgraded_at_another(runtime):
    with runtime.client("acme") as acme:
        sid = json.loads(acme.get(POLL).text[1:])["sid"]
    url = f"{runtime.url}/ws/socket.io/?EIO=4&transport=websocket&sid={sid}"
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(url, headers={"Host": runtime.host("changing")})
        async with http.ws_connect(url, headers={"Host": runtime.host("acme")}) as socket:
            await socket.send_str("2probe")
            assert (await socket.receive_str(timeout=5)) == "3probe"


async def test_the_next_event_of_an_open_socket_sees_the_new_revision(runtime):
    async with runtime.chat("changing") as chat:
        runtime.publish("changing", branding={"display_name": "One Name"})
        assert await _ask(chat, "name") == "One Name"
        runtime.publish("changing", branding={"display_name": "Another Name"})
        assert await _ask(chat, "name") == "Another Name"


async def test_suspending_a_tenant_tells_its_open_pages_and_closes_them(runtime):
    notices, reloads, gone = [], [], asyncio.Event()
    async with _socket(runtime, "closing", str(uuid4())) as client, runtime.chat("acme") as other:
        client.on("toast", notices.append)
        client.on("reload", reloads.append)
        client.on("disconnect", lambda *_: gone.set())
        runtime.publish("closing", status="suspended")
        runtime.command("close", tenant_id=tenant_id("closing"))
        await asyncio.wait_for(gone.wait(), 5)
        assert await _ask(other, "name") == "Acme Chat"

    runtime.publish("closing", status="active")
    assert len(reloads) == 1
    assert notices == [{"message": "This workspace is suspended. Please contact its administrator.", "type": "error"}]


async def test_a_changed_access_policy_sends_open_pages_to_the_sign_in(runtime):
    gone, reloads = asyncio.Event(), []
    async with _socket(runtime, "closing", str(uuid4())) as client:
        client.on("reload", reloads.append)
        client.on("disconnect", lambda *_: gone.set())
        runtime.publish("closing", access={"mode": "members"})
        runtime.command("close", tenant_id=tenant_id("closing"))
        await asyncio.wait_for(gone.wait(), 5)
    with pytest.raises(SocketConnectionError):
        await runtime.chat("closing").connect()

    runtime.publish("closing", access={"mode": "anonymous"})
    assert len(reloads) == 1


async def test_an_open_socket_is_closed_at_its_next_word_when_its_network_is_shut_out(runtime):
    gone, heard = asyncio.Event(), []
    async with _socket(runtime, "closing", str(uuid4())) as client, runtime.chat("acme") as other:
        client.on("new_message", heard.append)
        client.on("disconnect", lambda *_: gone.set())
        runtime.publish("closing", access={"networks": ["203.0.113.0/24"]})
        try:
            await client.emit("client_message", {"message": {"id": str(uuid4()), "output": "name"}})
            await asyncio.wait_for(gone.wait(), 5)
        finally:
            runtime.publish("closing", access={"mode": "anonymous"})
        assert await _ask(other, "name") == "Acme Chat"
    assert heard == []


async def test_a_closed_web_socket_is_closed_at_once(runtime):
    url = f"{runtime.url}/ws/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as http, http.ws_connect(url, headers={"Host": runtime.host("closing")}) as raw:
        await raw.receive_str(timeout=5)
        runtime.command("close", tenant_id=tenant_id("closing"))
        # Engine.IO's own closing packet, then the end of the connection.
        assert await raw.receive_str(timeout=5) == "1"
        assert (await raw.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE


async def test_events_of_a_suspended_tenant_are_refused(runtime):
    gone = asyncio.Event()
    async with _socket(runtime, "closing", str(uuid4())) as client:
        client.on("disconnect", lambda *_: gone.set())
        runtime.publish("closing", status="suspended")
        with pytest.raises((SocketTimeoutError, SocketConnectionError)):
            await client.call("client_message", {"message": {}}, timeout=1)
        await asyncio.wait_for(gone.wait(), 5)

    runtime.publish("closing", status="active")


async def test_clients_that_vanish_are_forgotten(runtime):
    before = runtime.command("report")["open_transports"]
    async with runtime.chat("acme"):
        assert runtime.command("report")["open_transports"] == before + 1
    async with asyncio.timeout(5):
        while runtime.command("report")["open_transports"] > before:  # noqa: ASYNC110 - counted in another process
            await asyncio.sleep(0.05)


async def _upload(runtime, slug, session_id, cookies=None):
    form = aiohttp.FormData()
    form.add_field("file", b"contents", filename="notes.txt", content_type="text/plain")
    url = f"{runtime.url}/project/file?session_id={session_id}"
    async with (
        aiohttp.ClientSession(cookies=cookies, cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
        http.post(url, data=form, headers={"Host": runtime.host(slug)}) as response,
    ):
        assert response.status == 200, await response.text()
        return (await response.json())["id"]


@asynccontextmanager
async def _socket(runtime, slug, session_id):
    """A socket without the chat client's conveniences."""
    async with aiohttp.ClientSession() as http:
        client = socketio.AsyncClient(reconnection=False, http_session=http)
        await client.connect(
            runtime.url,
            headers={"Host": runtime.host(slug)},
            auth={"sessionId": session_id, "clientType": "webapp", "userEnv": "{}"},
            socketio_path="/ws/socket.io",
            transports=["websocket"],
        )
        try:
            yield client
        finally:
            await client.disconnect()
