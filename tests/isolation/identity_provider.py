"""An identity provider that believes everybody: any code is a person's."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress

ANSWERS = {"/token": {"access_token": "of anybody", "token_type": "bearer"}, "/userinfo": {"email": "any@example.com"}}


@asynccontextmanager
async def identity_provider() -> AsyncIterator[str]:
    """Serve one; yields its address. Every connection is closed when the block ends."""
    answering: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_answer(reader, writer))
        answering.add(task)
        task.add_done_callback(answering.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for task in answering:
        task.cancel()
    await asyncio.gather(*answering, return_exceptions=True)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # A runtime may end in the middle of its question.
    with suppress(asyncio.IncompleteReadError, ConnectionError), closing(writer):
        head = await reader.readuntil(b"\r\n\r\n")
        body = json.dumps(ANSWERS.get(head.split(b" ")[1].decode().partition("?")[0], {})).encode()
        headers = (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close"
        )
        writer.write(headers.encode() + b"\r\n\r\n" + body)
        await writer.drain()
    with suppress(ConnectionError):
        await writer.wait_closed()
