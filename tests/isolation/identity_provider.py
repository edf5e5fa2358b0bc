"""An identity provider that believes everybody: any code is a person's."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

ANSWERS = {"/token": {"access_token": "of anybody", "token_type": "bearer"}, "/userinfo": {"email": "any@example.com"}}


@asynccontextmanager
async def identity_provider() -> AsyncIterator[str]:
    """Serve one; yields its address."""
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    body = json.dumps(ANSWERS.get(head.split(b" ")[1].decode().partition("?")[0], {})).encode()
    headers = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close"
    writer.write(headers.encode() + b"\r\n\r\n" + body)
    await writer.drain()
    writer.close()
