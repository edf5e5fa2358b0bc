"""Files of a session that ends while they are on their way: they are not there, and nothing is left of them."""

import asyncio
import json
from uuid import uuid4

import httpx
import pytest

from tests.runtime.waiting import until

NOT_THERE = (404, '{"detail":"Not found"}')


@pytest.fixture
async def http(runtime):
    """Somebody at acme, without a page."""
    async with httpx.AsyncClient(base_url=runtime.url, headers={"Host": runtime.host("acme")}, trust_env=False) as http:
        yield http


def _upload(http, session_id):
    file = ("notes.txt", b"contents", "text/plain")
    return http.post("/project/file", params={"session_id": session_id}, files={"file": file}, timeout=30)


async def _ask(chat, command):
    return json.loads((await chat.send(command)).text)


async def test_a_file_for_a_session_that_ends_meanwhile_is_refused_and_not_kept(runtime, http):
    async with runtime.chat("acme") as other:
        first = runtime.chat("acme")
        async with first:
            folder = runtime.folder / await _ask(first, "files")
            await _ask(other, "occupy")
            try:
                upload = asyncio.create_task(_upload(http, first.session_id))
                # It is past all questions, and waits for a thread to be written.
                await until(folder.is_dir)
                await first.emit("clear_session")
                await first.disconnect()
                await until(lambda: not folder.exists(), within=10)
            finally:
                await _ask(other, "release")
            answer = await upload

    assert (answer.status_code, answer.text) == NOT_THERE
    assert not folder.exists()


async def test_a_session_begun_anew_under_the_same_id_gets_nothing_of_the_former_ones_upload(runtime, http):
    session_id = str(uuid4())
    async with runtime.chat("acme") as other, runtime.chat("acme", session_id=session_id) as first:
        folder = runtime.folder / await _ask(first, "files")
        await _ask(other, "occupy")
        try:
            upload = asyncio.create_task(_upload(http, session_id))
            await until(folder.is_dir)
            await first.emit("clear_session")
            await first.disconnect()
            await until(lambda: not folder.exists(), within=10)
            again = runtime.chat("acme", session_id=session_id)
            await again.connect()
            second = asyncio.create_task(_upload(http, session_id))
            await until(folder.is_dir)
        finally:
            await _ask(other, "release")
        assert ((await upload).status_code, (await second).status_code) == (404, 200)
        assert [file.name for file in folder.iterdir()] == [f"{(await second).json()['id']}.txt"]
        await again.disconnect()


async def test_a_file_that_is_gone_is_not_there(runtime, http):
    async with runtime.chat("acme") as chat:
        folder = runtime.folder / await _ask(chat, "files")
        file_id = (await _upload(http, chat.session_id)).json()["id"]
        path = f"/project/file/{file_id}?session_id={chat.session_id}"
        found = await http.get(path)
        assert (found.status_code, found.text, found.headers["content-length"]) == (200, "contents", "8")

        next(folder.iterdir()).unlink()
        answer = await http.get(path)

    assert (answer.status_code, answer.text) == NOT_THERE
