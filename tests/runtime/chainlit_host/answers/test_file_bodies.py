"""Files in memory: read once, read again when they change, and never too many."""

import asyncio

import brotli
from starlette.responses import FileResponse

from runtime.chainlit_host.answers import file_bodies
from runtime.chainlit_host.answers.file_bodies import FileBodies


async def _get(answer, **headers):
    messages = []

    async def send(message):
        messages.append(message)

    encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await answer({"type": "http", "method": "GET", "headers": encoded}, None, send)
    return messages[0]["status"], dict(messages[0]["headers"]), messages[1]["body"]


async def test_a_changed_file_is_read_again(tmp_path):
    path = tmp_path / "a.css"
    path.write_text("body{}")
    bodies = FileBodies()
    assert (await _get(await bodies.of(path, cache_control="no-cache")))[2] == b"body{}"

    path.write_text("main {}")

    assert (await _get(await bodies.of(path, cache_control="no-cache")))[2] == b"main {}"


async def test_everyone_who_asks_at_once_waits_for_one_reading(tmp_path, monkeypatch):
    readings = []
    read = file_bodies._read
    monkeypatch.setattr(file_bodies, "_read", lambda *arguments: readings.append(arguments) or read(*arguments))
    path = tmp_path / "a.js"
    path.write_text("x = 1;" * 1000)
    bodies = FileBodies()

    answers = await asyncio.gather(*(bodies.of(path, cache_control="no-cache") for _ in range(20)))

    assert len(readings) == 1
    assert len(set(map(id, answers))) == 1
    status, headers, body = await _get(answers[0], accept_encoding="gzip, br")
    assert (status, headers[b"content-encoding"]) == (200, b"br")
    assert brotli.decompress(body) == path.read_bytes()


async def test_a_file_that_is_gone_has_no_answer(tmp_path):
    path = tmp_path / "a.css"
    path.write_text("x")
    bodies = FileBodies()
    assert await bodies.of(path, cache_control="no-cache") is not None

    path.unlink()

    assert await bodies.of(path, cache_control="no-cache") is None


async def test_memory_is_bounded_and_large_media_comes_from_disk(tmp_path):
    bodies = FileBodies(most_kept=2_500)
    for number in range(5):
        (tmp_path / f"{number}.png").write_bytes(b"x" * 1000)
        await bodies.of(tmp_path / f"{number}.png", cache_control="no-cache")
    (tmp_path / "film.mp4").write_bytes(b"x" * (file_bodies.LARGEST_OTHER + 1))

    assert bodies._size == 2000
    assert [path.rpartition("/")[2] for path, *_ in bodies._kept] == ["3.png", "4.png"]
    assert isinstance(await bodies.of(tmp_path / "film.mp4", cache_control="no-cache"), FileResponse)
