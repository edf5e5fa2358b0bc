"""Guards what isolation tests lean on: the client really asks for the host, with the cookies, that it was given."""

import asyncio

import aiohttp
import pytest
import socketio

from tests.clients.chainlit_client import ActionButton, ChainlitClient


async def heads_received_during(act):
    """The request heads a server sees while ``act(base_url)`` runs; it hangs up on every one."""
    heads = []

    async def take_head(reader, writer):
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n"))
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(take_head, "127.0.0.1", 0)
    async with server:
        await act(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    return heads


def client(base_url):
    return ChainlitClient(
        base_url,
        host_header="acme.localhost:8000",
        cookies={"access_token": "abc", "route": "1"},
        headers={"Origin": "http://acme.localhost:8000"},
    )


def check(head):
    assert [line for line in head if line.lower().startswith("host:")] == ["Host: acme.localhost:8000"]
    assert "Origin: http://acme.localhost:8000" in head
    [cookies] = [line for line in head if line.lower().startswith("cookie:")]
    assert "access_token=abc" in cookies
    assert "route=1" in cookies


async def test_the_socket_is_opened_for_the_given_host_with_cookies_and_headers():
    async def connect(base_url):
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client(base_url).connect()

    # aiohttp asks once more when a server hangs up.
    head, *_ = await heads_received_during(connect)

    assert head[0].startswith("GET /ws/socket.io/?transport=websocket")
    check(head)


async def test_a_button_is_pressed_at_the_given_host_with_cookies_and_headers():
    async def press(base_url):
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await client(base_url).press(ActionButton("name", "label", {}))

    [head] = await heads_received_during(press)

    assert head[0].startswith("POST /project/action")
    check(head)
