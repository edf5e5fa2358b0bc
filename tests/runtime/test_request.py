"""The body of a request that a hook reads after somebody else has."""

import pytest
from starlette.requests import Request

from runtime.request import LONGEST_REMEMBERED_BODY, RememberedBody, bind_connection, current_request


def _scope(receive):
    body = RememberedBody(receive)
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    scope["chainlit_tenants.body"] = body
    return scope, body


def _sending(*chunks):
    messages = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, start=1)
    ]

    async def receive():
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    return receive


async def test_it_can_be_read_as_often_as_one_likes():
    scope, body = _scope(_sending(b"one ", b"two"))
    assert await Request(scope, body).body() == b"one two"
    with bind_connection(scope):
        assert await current_request().body() == await current_request().body() == b"one two"


async def test_what_nobody_has_read_yet_is_read_on():
    scope, body = _scope(_sending(b"one ", b"two ", b"three"))
    await body()
    with bind_connection(scope):
        assert await current_request().body() == b"one two three"
    with bind_connection(scope):
        assert await current_request().body() == b"one two three"


async def test_a_large_one_is_passed_on_and_not_kept():
    chunk = b"x" * (LONGEST_REMEMBERED_BODY // 2 + 1)
    scope, body = _scope(_sending(chunk, chunk, b"end"))
    assert len(await Request(scope, body).body()) == 2 * len(chunk) + 3
    with bind_connection(scope), pytest.raises(RuntimeError, match="longer than what is kept"):
        await current_request().body()
    assert body._messages == []
