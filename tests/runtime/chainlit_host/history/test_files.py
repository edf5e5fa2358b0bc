"""Files of a conversation: kept below the tenant's prefix, read by signed addresses, gone with what they belong to."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from tenants.contract.state import TenantState
from tenants.conversations.files import FileAddresses
from tests.runtime.chainlit_host.conftest import MASTER_SECRET
from tests.runtime.chainlit_host.history.conftest import call
from tests.runtime.chainlit_host.tenants_under_test import document, tenant_id
from tests.runtime.waiting import until

PREFIX = f"{tenant_id('keeper-one')}/conversations"


async def _attached(person, text):
    """Return a thread with elements once all are stored."""
    async with person.chat() as chat:
        await chat.send(f"attach {text}")
        thread_id = await person.stored(chat)
        await until(lambda: len(person.thread(thread_id)["elements"]) == 5, within=20)
    return person.thread(thread_id)


def _element(thread, name):
    return next(element for element in thread["elements"] if element["name"] == name)


def _path(address):
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


async def test_an_element_comes_back_as_it_was_with_its_content(keeping, person, word):
    ann = person()
    thread = await _attached(ann, word)

    note = _element(thread, "note.txt")
    assert (note["type"], note["mime"], note["forId"]) == ("file", "text/plain", thread["steps"][-1]["id"])
    assert urlsplit(note["url"]).netloc == keeping.runtime.host("keeper-one")
    answer = ann.http.get(_path(note["url"]))
    assert (answer.status_code, answer.text) == (200, word)
    assert answer.headers["cache-control"].startswith("private, max-age=")
    assert ann.request("GET", f"/project/thread/{thread['id']}/element/{note['id']}").json() == note
    assert _element(thread, "sound")["autoPlay"] is True
    card = _element(thread, "Card")
    assert (card["type"], card["props"], card["objectKey"]) == ("custom", {"colour": word}, None)
    assert _element(thread, "elsewhere")["url"] == "https://files.example/picture.png"
    assert keeping.objects(f"{PREFIX}/{thread['id']}/") == sorted(
        f"{PREFIX}/{thread['id']}/{_element(thread, name)['id']}" for name in ("note.txt", "page.html", "sound")
    )


async def test_an_address_is_on_the_host_that_the_page_was_opened_on(keeping, person, word):
    ann = person()
    thread = await _attached(ann, word)
    with keeping.runtime.client("keeper-one", Cookie=ann.http.headers["Cookie"]) as client:
        client.headers["Host"] = f"www.keeper-one.localhost:{keeping.runtime.port}"
        found = client.get(f"/project/thread/{thread['id']}").json()
    assert {urlsplit(element["url"]).hostname for element in found["elements"] if element["objectKey"]} == {
        "www.keeper-one.localhost"
    }


async def test_a_part_of_a_file_can_be_asked_for(person, word):
    ann = person()
    address = _path(_element(await _attached(ann, word), "note.txt")["url"])

    answer = ann.http.get(address, headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.text) == (206, word[:4])
    assert answer.headers["content-range"] == f"bytes 0-3/{len(word)}"
    assert ann.http.get(address, headers={"Range": "bytes=9999-"}).status_code == 416


async def test_nothing_runs_in_a_file_that_somebody_sent(person, word):
    ann = person()
    thread = await _attached(ann, word)

    page = ann.http.get(_path(_element(thread, "page.html")["url"]))
    assert page.headers["content-disposition"] == "attachment; filename*=UTF-8''page.html"
    for name in ("page.html", "note.txt", "sound"):
        headers = ann.http.get(_path(_element(thread, name)["url"])).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in headers["content-security-policy"]
    assert ann.http.get(_path(_element(thread, "sound")["url"])).headers["content-disposition"].startswith("inline")


async def test_an_address_is_worth_nothing_when_it_is_changed_or_shown_to_another_tenant(keeping, person, word):
    ann, other = person(), person("keeper-two")
    address = _path(_element(await _attached(ann, word), "note.txt")["url"])
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

    assert other.http.get(address).status_code == 404
    for name, value in (("until", "9999999999"), ("type", "text/html"), ("name", "x"), ("signature", "A" * 43)):
        changed = address.split("?")[0]
        assert ann.http.get(changed, params={**query, name: value}).status_code == 404, name
    assert ann.http.get(address.replace("note", "note2")).status_code == 404
    assert ann.http.get(address.split("?")[0]).status_code == 404
    past = {**query, "until": "1000000000"}
    assert ann.http.get(address.split("?")[0], params=past).status_code == 404
    with keeping.runtime.client("keeper-one") as stranger:
        assert stranger.get(address).text == word


async def test_an_address_that_the_settings_page_makes_is_answered_at_its_tenant(keeping, person, word, settings):
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, runtime_master_secret=MASTER_SECRET)
    ann, other = person(), person("keeper-two")
    note = _element(await _attached(ann, word), "note.txt")
    state = msgspec.convert(document("keeper-one", mode="members"), TenantState)
    address = FileAddresses(state).path(note["objectKey"], mime="text/plain", name="note.txt")

    assert ann.http.get(address).text == word
    assert ann.http.get(address.replace("note.txt", "note.html")).status_code == 404
    assert other.http.get(address).status_code == 404


async def test_an_address_ends_when_everyone_is_signed_out(keeping, person, word):
    ann = person("keeper-two")
    address = _path(_element(await _attached(ann, word), "note.txt")["url"])
    keeping.runtime.publish("keeper-two", access={"mode": "members", "sign_out_epoch": 7})
    assert ann.http.get(address).status_code == 404


@pytest.mark.parametrize("deleted", ["thread", "element"])
async def test_files_go_with_what_they_belong_to(keeping, person, word, deleted):
    ann = person()
    thread = await _attached(ann, word)
    assert len(keeping.objects(f"{PREFIX}/{thread['id']}/")) == 3
    note = _element(thread, "note.txt")
    if deleted == "thread":
        assert ann.request("DELETE", "/project/thread", {"threadId": thread["id"]}).status_code == 200
        assert keeping.objects(f"{PREFIX}/{thread['id']}/") == []
    else:
        async with ann.chat(thread_id=thread["id"]) as chat:
            await call(chat, "delete_element", element_id=note["id"], thread_id=thread["id"])
        assert len(keeping.objects(f"{PREFIX}/{thread['id']}/")) == 2
    assert ann.http.get(_path(note["url"])).status_code == 404


async def test_what_a_person_uploads_is_kept_with_their_message(keeping, person, word):
    ann = person()
    async with ann.chat() as chat:
        path = f"/project/file?session_id={chat.session_id}"
        upload = ann.http.post(path, files={"file": ("mine.txt", word.encode(), "text/plain")})
        assert upload.status_code == 200, upload.text
        await chat.send("look at this", files=[upload.json()["id"]])
        thread_id = await ann.stored(chat)
        # The page goes away at once, and the session's folder with it.
        await chat.emit("clear_session")
    await until(lambda: ann.thread(thread_id)["elements"], within=20)
    [mine] = ann.thread(thread_id)["elements"]
    assert (mine["name"], ann.http.get(_path(mine["url"])).text) == ("mine.txt", word)
