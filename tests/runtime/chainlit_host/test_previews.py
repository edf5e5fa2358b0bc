"""A draft in the place of what is live, in a real chat: whose it is, what it leaves behind, what it never reaches."""

import json
import re
import secrets

import httpx
import pytest
import socketio.exceptions

from tenants.contract.previews import PREVIEW_COOKIE
from tenants.contract.state import decode_state
from tests.runtime.chainlit_host.conftest import MASTER_SECRET
from tests.runtime.chainlit_host.previewing import Preview
from tests.runtime.chainlit_host.tenants_under_test import tenant_id
from tests.runtime.previews.drafts import Maker
from tests.runtime.waiting import until

POLLING = "ws/socket.io/?EIO=4&transport=polling"


@pytest.fixture(scope="module")
def previewing(start_one_runtime):
    """A runtime process in which nobody but these tests counts, caches or chats."""
    return start_one_runtime()


async def ask(chat, command):
    return json.loads((await chat.send(command)).text)


def is_away(answer):
    return answer.status_code == 404 and "This preview has ended" in answer.text


async def test_the_app_answers_with_the_draft_and_visitors_with_what_is_live(previewing):
    preview = Preview(previewing, "acme", environment={"SHARED_NAME": "the draft's"})
    async with preview.chat() as drafted, previewing.chat("acme") as live:
        assert await ask(drafted, "name") == preview.word
        assert (await ask(drafted, "env SHARED_NAME"))["get"] == "the draft's"
        assert await ask(live, "name") == "Acme Chat"
        assert (await ask(live, "env SHARED_NAME"))["get"] == "acme's"


async def test_a_change_is_seen_in_the_open_chat_of_the_preview(previewing):
    preview = Preview(previewing, "acme")
    async with preview.chat() as chat:
        preview.document["branding"] = {"display_name": "another word"}
        preview.keep()
        assert preview.get("_live/state").json()["name"] == "another word"
        assert await ask(chat, "name") == "another word"


def test_an_expired_preview_is_away_even_for_its_maker(previewing):
    preview = Preview(previewing, "acme")
    assert preview.word in preview.get().text
    preview.keep(lasts_seconds=-1.0)
    assert is_away(preview.get())
    assert is_away(Preview(previewing, "globex").get(slug="acme")), "of another tenant"


async def test_a_preview_that_ends_takes_its_open_chat_along_though_its_page_asks_for_nothing(previewing):
    preview, other = Preview(previewing, "acme"), Preview(previewing, "acme")
    async with preview.chat() as ending, other.chat() as staying, previewing.chat("acme") as live:
        preview.end()
        await until(lambda: ending.reloads == 1)
        await until(lambda: not ending._socket.connected)
        assert await ask(staying, "name") == other.word
        assert await ask(live, "name") == "Acme Chat"
    with pytest.raises(socketio.exceptions.ConnectionError):
        await preview.chat().connect()


def test_a_member_whose_token_is_of_another_time_tenant_or_key_is_shown_nothing(previewing):
    preview, live = Preview(previewing, "acme"), previewing.tenants["acme"]
    elsewhere = Preview(previewing, "globex")
    later = decode_state(json.dumps(live | {"access": {"mode": "anonymous", "sign_out_epoch": 3}}))
    member, sign_in = preview.maker.member, preview.maker.sign_in
    unlike = {
        "no token": {},
        "no token at all": {PREVIEW_COOKIE: "x.y.z"},
        "another member": Maker(preview.maker.state, MASTER_SECRET, sign_in=sign_in).cookies,
        "another sign-in": Maker(preview.maker.state, MASTER_SECRET, member=member).cookies,
        "another key": Maker(preview.maker.state, "another secret", member, sign_in).cookies,
        "another tenant": elsewhere.cookies,
        "another tenant's for the same person": Maker(elsewhere.maker.state, MASTER_SECRET, member, sign_in).cookies,
        "after everybody was signed out": Maker(later, MASTER_SECRET, member, sign_in).cookies,
        "a way in that is closed": Maker(preview.maker.state, MASTER_SECRET, member, sign_in, method="gone").cookies,
        "the chat's cookie": {"access_token": preview.maker.token},
    }
    assert preview.get().status_code == 200
    shown = [name for name, cookies in unlike.items() if not is_away(preview.get(cookies=cookies))]
    assert shown == []


def test_an_address_is_taken_as_pages_write_it_and_in_no_other_way(previewing):
    preview = Preview(previewing, "acme")
    hidden = preview.path.strip("/")
    spelt = [
        f"/%5Fpreview/{preview.secret}/", f"/_preview/{preview.secret}%2F", f"/_preview%2F{preview.secret}/",
        f"/_preview//{preview.secret}/", f"/_preview/{preview.secret[:-1]}%{ord(preview.secret[-1]):02x}/",
        f"/{hidden}{preview.path}", f"/{hidden}{preview.path}user", f"/{hidden}{preview.path}{POLLING}",
        f"/{hidden}/%5Fpreview/{preview.secret}/user",
    ]  # fmt: skip
    with preview.client() as client:
        assert client.get(preview.path).status_code == 200
        for path in spelt:
            assert is_away(client.get(httpx.URL(f"{previewing.url}{path}"))), path


async def test_a_second_prefix_reaches_no_transport_of_anybody(previewing):
    preview = Preview(previewing, "acme")
    with previewing.client("globex") as them:
        them.cookies.update(previewing.sign_in("globex"))
        opened = them.get(f"/{POLLING}")
        sid = re.search(r'"sid":"([^"]+)"', opened.text)[1]
        with preview.client() as client:
            twice = preview.path[:-1] + preview.path
            for path in (twice, preview.path, "/"):
                assert client.post(f"{path}{POLLING}&sid={sid}", content="41").status_code in {400, 404}, path
        assert them.post(f"/{POLLING}&sid={sid}", content="40{}").status_code == 200


async def test_a_session_is_taken_up_where_it_began_and_nowhere_else(previewing):
    preview, second = Preview(previewing, "acme"), Preview(previewing, "acme")
    async with previewing.chat("acme") as live, preview.chat() as drafted:
        await live.send("remember live")
        await drafted.send("remember drafted")
        for chat in (
            preview.chat(session_id=live.session_id),
            second.chat(session_id=drafted.session_id),
            previewing.chat("acme", session_id=drafted.session_id),
        ):
            async with chat:
                assert (await ask(chat, "recall"))["remembered"] is None
        assert (await ask(live, "recall"))["remembered"] == "live"
        assert (await ask(drafted, "recall"))["remembered"] == "drafted"


async def test_caches_clients_and_written_variables_of_a_draft_are_its_own(previewing):
    key = secrets.token_hex(4)
    preview, second = (
        Preview(previewing, "acme", secrets={}, environment={"CANARY": f"drafted {number}"}) for number in (1, 2)
    )
    async with preview.chat() as first, second.chat() as other, previewing.chat("acme") as live:
        await first.send(f"set WRITTEN_{key} drafted")
        for chat, canary in ((first, "drafted 1"), (other, "drafted 2"), (live, "canary of acme")):
            assert await ask(chat, f"cached {key}") == canary
            assert (await ask(chat, "client"))["key"] == canary
        assert (await ask(first, f"env WRITTEN_{key}"))["get"] == "drafted"
        for chat in (other, live):
            assert (await ask(chat, f"env WRITTEN_{key}"))["get"] is None
    async with previewing.chat("acme") as live:
        before = (await ask(live, "client"))["id"]
        preview.end()
        second.end()
        assert (await ask(live, "client"))["id"] == before, "the live chat keeps its own when a preview ends"


async def test_what_is_sent_to_everybody_stays_in_the_preview(previewing):
    preview = Preview(previewing, "rich-one", cookies=previewing.sign_in("rich-one"))
    cookies = previewing.sign_in("rich-one")
    async with preview.chat() as drafted, previewing.chat("rich-one", cookies=cookies) as live:
        await drafted.send("broadcast")
        await live.send("state")  # whatever was on its way to this socket came before the answer
        assert [event for event, _ in drafted.heard if event == "window_message"]
        assert not [event for event, _ in live.heard if event == "window_message"]
        drafted.heard.clear()
        await live.send("broadcast")
        await drafted.send("state")
        assert [event for event, _ in live.heard if event == "window_message"]
        assert not [event for event, _ in drafted.heard if event == "window_message"]


async def test_nothing_that_happens_in_a_preview_is_counted(previewing):
    preview = Preview(previewing, "globex", cookies=previewing.sign_in("globex"))
    before = previewing.command("usage", tenant_id=tenant_id("globex"))
    async with preview.chat() as chat:
        for text in ("name", "tokens 7", "fail at that"):
            await chat.send(text)
    # A turn of the live chat comes after all of them, and is.
    async with previewing.chat("globex", cookies=previewing.sign_in("globex")) as chat:
        await chat.send("name")
    await until(lambda: previewing.command("usage", tenant_id=tenant_id("globex"))["answers"] == before["answers"] + 1)
    after = previewing.command("usage", tenant_id=tenant_id("globex"))
    assert after == before | {"answers": before["answers"] + 1, "messages": before["messages"] + 1, "people": 1}


def test_a_cookie_that_is_set_in_a_preview_stays_below_its_address(previewing):
    preview = Preview(previewing, "globex", cookies=previewing.sign_in("globex"))
    body = {"session_id": "5f0c3f7e-1c86-4f0b-a3a6-7a3f6a1f5e01"}
    with preview.client() as client:
        own = client.post(f"{preview.path}set-session-cookie", json=body)
        out = client.post(f"{preview.path}logout")
    assert own.status_code == 200
    assert f"Path={preview.path}" in own.headers["set-cookie"]
    assert "Path=/;" not in f"{own.headers['set-cookie']};"
    # Whoever signs out in the frame means it, and is signed out everywhere.
    assert re.search(r'access_token="";.*Path=/(;|$)', out.headers["set-cookie"])
