"""The server's protocol, spoken to byte by byte: answers in one message, in order, on connections that are kept."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from runtime.__main__ import Server, bind
from runtime.http_protocol import HttpProtocol
from runtime.whole_answers import EXTENSION, WholeAnswer, encode_fields, takes_whole_answers
from tests.runtime.waiting import until

WHOLE_PAGE = WholeAnswer(200, [(b"content-type", b"text/plain"), (b"content-length", b"5")], b"whole")


async def _app(scope, receive, send):
    """Answer ``/whole`` in one message, everything else in two or more."""
    match scope["path"]:
        case "/whole":
            await send(WHOLE_PAGE.message(with_body=scope["method"] != "HEAD"))
        case "/offered":
            await _in_two(send, json.dumps(takes_whole_answers(scope)).encode())
        case "/after-a-beginning":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
            await send(WHOLE_PAGE.message())
        case "/waits":
            await asyncio.sleep(0.01)
            await _in_two(send, b"waited")
        case "/echo":
            body = b""
            while (message := await receive())["type"] == "http.request":
                body += message["body"]
                if not message["more_body"]:
                    break
            await _in_two(send, body)


async def _in_two(send, body):
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def _serving(protocol=HttpProtocol, **settings):
    listening = bind("127.0.0.1", 0)
    config = uvicorn.Config(
        _app, http=protocol, loop="asyncio", lifespan="off", log_config=None, access_log=False,
        reset_contextvars=True, **settings,
    )  # fmt: skip
    server = Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    await until(lambda: server.started)
    try:
        yield listening.getsockname()[1], server
    finally:
        server.should_exit = True
        await task


async def _exchange(port, sent):
    """Send bytes at once and return everything that comes until the server closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    received = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return received


def _request(path, *fields, method="GET", version="1.1"):
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: a.example", *fields, "", ""]).encode()


LAST = "Connection: close"


async def test_a_whole_answer_is_what_the_two_messages_would_have_been():
    async with _serving() as (port, _):
        received = await _exchange(port, _request("/whole", LAST))
    head, _, body = received.partition(b"\r\n\r\n")
    status, *fields = head.split(b"\r\n")
    assert status == b"HTTP/1.1 200 OK"
    assert body == b"whole"
    names = [field.partition(b": ")[0] for field in fields]
    assert names == [b"date", b"server", b"content-type", b"content-length", b"connection"]


async def test_head_is_answered_without_a_body():
    async with _serving() as (port, _):
        received = await _exchange(port, _request("/whole", LAST, method="HEAD"))
    assert b"content-length: 5" in received
    assert received.endswith(b"\r\n\r\n")


async def test_many_requests_sent_at_once_are_answered_in_their_order():
    paths = ["/whole", "/waits", "/whole", "/whole", "/waits", "/offered"]
    sent = b"".join(_request(path) for path in paths[:-1]) + _request(paths[-1], LAST)
    async with _serving() as (port, server):
        received = await _exchange(port, sent)
        assert server.server_state.total_requests == len(paths)
    bodies = [part.partition(b"\r\n\r\n")[2] for part in received.split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == [b"whole", b"waited", b"whole", b"whole", b"waited", b"true"]


async def test_a_body_that_nobody_reads_does_not_spill_into_the_next_request():
    sent = _request("/whole", "Content-Length: 3000", method="POST") + b"GET /echo " * 300
    async with _serving() as (port, _):
        received = await _exchange(port, sent + _request("/echo", "Content-Length: 2", LAST, method="POST") + b"ok")
    assert received.count(b"HTTP/1.1") == 2
    assert received.endswith(b"ok")


async def test_a_client_of_http_1_0_sees_the_connection_close():
    async with _serving() as (port, _):
        received = await _exchange(port, _request("/whole", version="1.0"))
    assert b"connection: close" in received
    assert received.endswith(b"whole")


async def test_a_whole_answer_after_the_beginning_of_another_breaks_the_connection():
    async with _serving() as (port, _):
        received = await _exchange(port, _request("/after-a-beginning"))
    assert b"whole" not in received


async def test_only_our_own_protocol_offers_the_extension():
    for protocol, offered in ((HttpProtocol, True), (HttpToolsProtocol, False)):
        async with _serving(protocol) as (port, _), httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"http://127.0.0.1:{port}/offered")).json() is offered


async def test_a_connection_that_is_idle_too_long_is_closed():
    async with _serving(timeout_keep_alive=0.05) as (port, server):
        assert (await _exchange(port, _request("/whole") + _request("/offered"))).endswith(b"true")
        await until(lambda: not server.server_state.connections)


async def test_a_connection_that_waits_for_its_answer_is_not_idle():
    async with _serving(timeout_keep_alive=0.001) as (port, server):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_request("/whole") + _request("/echo", "Content-Length: 4", method="POST"))
        await reader.readuntil(b"whole")
        [connection] = await until(lambda: server.server_state.connections)
        for _ in range(3):
            connection._close_when_idle()
        assert not connection.transport.is_closing()
        writer.write(b"done")
        assert (await asyncio.wait_for(reader.read(), 10)).endswith(b"done")
        writer.close()


async def test_a_connection_has_one_timer_however_many_requests_it_carries():
    async with _serving() as (port, server):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        timers = set()
        for _ in range(5):
            writer.write(_request("/whole"))
            await reader.readuntil(b"whole")
            [connection] = server.server_state.connections
            timers.add(connection.timeout_keep_alive_task)
        assert len(timers) == 1
        writer.close()
        await until(lambda: not server.server_state.connections)
        assert timers.pop().cancelled()


@pytest.mark.parametrize(
    "header",
    [(b"name", b"value\r\nset-cookie: a=b"), (b"name", b"nul\x00"), (b"name: x", b""), (b"na me", b""), (b"", b"")],
)
def test_what_could_end_a_field_is_refused(header):
    with pytest.raises(ValueError, match="not a header field"):
        encode_fields([header])
    with pytest.raises(ValueError, match="not a header field"):
        WholeAnswer(200, [header], b"").message()


def test_what_is_added_to_a_message_is_not_added_to_the_answer():
    answer = WholeAnswer(200, [(b"etag", b"x")], b"")
    answer.message()["fields"] += b"x-request-id: of one request\r\n"
    assert answer.message()["fields"] == b"etag: x\r\n"
    assert EXTENSION not in answer.message()
