"""An HTTP server that speaks OpenAI's chat-completions protocol, streaming included, for tests.

It answers ``<model> heard: <last user message>`` word by word and records every request. What else it does is chosen by
the model's name, or for errors by the API key, so that two tenants can meet different behaviour on one server:

- model ``error-<status>`` or key ``sk-error-<status>``: that HTTP status with OpenAI's error body
- model ``slow``: a word every 50 ms for as long as anyone listens
- model ``cut-off``: the connection is dropped in the middle of the answer
- model ``error-in-stream``: an error object instead of the third word
- model ``empty``: a stream without any text

A key must begin with ``sk-`` or the answer is 401; error bodies quote the key, as careless servers do.
Run it alone with ``python -m tests.examples.openai_server --port N``; ``GET /requests`` lists what it received.
"""

import argparse
import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

__all__ = ["OpenAIServer", "Outcome", "ReceivedRequest"]

SLOW_WORD_SECONDS = 0.05
_ERROR_TYPES = {401: "invalid_request_error", 429: "rate_limit_error"}


class Outcome(StrEnum):
    """How a request ended."""

    RUNNING = "running"
    FINISHED = "finished"
    REFUSED = "refused"
    DISCONNECTED = "disconnected"


@dataclass(slots=True)
class ReceivedRequest:
    """One request as it arrived, and what became of it."""

    api_key: str
    model: str
    messages: list[dict[str, Any]]
    stream: bool
    outcome: Outcome = Outcome.RUNNING
    words_sent: int = 0


@dataclass(slots=True)
class _Record:
    """The received requests; a condition is notified whenever one changes."""

    requests: list[ReceivedRequest] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    model: str | None = None

    def add(self, request: ReceivedRequest) -> None:
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()

    def end(self, request: ReceivedRequest, outcome: Outcome) -> None:
        with self.changed:
            request.outcome = outcome
            self.changed.notify_all()


class OpenAIServer:
    """The server on a thread of its own: ``with OpenAIServer() as server: server.base_url``."""

    def __init__(self, port: int = 0) -> None:
        self._record = _Record()
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(_application(self._record), ws="none", lifespan="off", log_config=None)
        )
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL must be."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def requests(self) -> list[ReceivedRequest]:
        """Everything received so far, oldest first."""
        with self._record.changed:
            return list(self._record.requests)

    def answer_as(self, model: str | None) -> None:
        """Behave as for ``model`` whatever model is asked for; None goes back to the model asked for."""
        self._record.model = model

    def wait_until(self, condition: Callable[[list[ReceivedRequest]], bool], timeout: float = 10) -> bool:
        """Block until ``condition`` holds for the received requests; False if ``timeout`` seconds pass first."""
        with self._record.changed:
            return self._record.changed.wait_for(lambda: condition(self._record.requests), timeout)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(timeout=10)
        self._socket.close()


def _application(record: _Record) -> Starlette:
    async def complete(request: Request) -> Response:
        body = await request.json()
        api_key = request.headers.get("authorization", "").removeprefix("Bearer ")
        received = ReceivedRequest(api_key, body["model"], body["messages"], bool(body.get("stream")))
        record.add(received)
        behaviour = record.model or received.model
        if (status := _error_status(api_key, behaviour)) is not None:
            record.end(received, Outcome.REFUSED)
            return JSONResponse(_error_body(status, api_key), status)
        if not received.stream:
            record.end(received, Outcome.FINISHED)
            return JSONResponse(_completion(received, "message", _answer(received), finish_reason="stop"))
        return StreamingResponse(_events(record, received, behaviour), media_type="text/event-stream")

    async def received_requests(_: Request) -> Response:
        with record.changed:
            return JSONResponse([asdict(request) for request in record.requests])

    return Starlette(
        routes=[
            Route("/v1/chat/completions", complete, methods=["POST"]),
            Route("/requests", received_requests, methods=["GET"]),
        ]
    )


def _error_status(api_key: str, behaviour: str) -> int | None:
    for name in (behaviour, api_key.removeprefix("sk-")):
        status = name.removeprefix("error-")
        if status != name and status.isdigit():
            return int(status)
    return None if api_key.startswith("sk-") else 401


def _error_body(status: int, api_key: str) -> dict[str, Any]:
    kind = _ERROR_TYPES.get(status, "server_error")
    return {"error": {"message": f"Refused {api_key} (traceback follows)", "type": kind, "code": None, "param": None}}


def _answer(received: ReceivedRequest) -> str:
    heard = next((message["content"] for message in reversed(received.messages) if message["role"] == "user"), "")
    return f"{received.model} heard: {heard}"


async def _events(record: _Record, received: ReceivedRequest, behaviour: str) -> AsyncIterator[str]:
    outcome = Outcome.DISCONNECTED
    try:
        yield _event(_completion(received, "delta", None))
        async for word in _words(received, behaviour):
            if behaviour == "error-in-stream" and received.words_sent == 2:
                yield _event(_error_body(500, received.api_key))
                break
            if behaviour == "cut-off" and received.words_sent == 2:
                raise ConnectionAbortedError
            yield _event(_completion(received, "delta", word))
            received.words_sent += 1
        yield _event(_completion(received, "delta", None, finish_reason="stop"))
        # The chunk with token counts comes last and has no choices.
        yield _event({**_completion(received, "delta", ""), "choices": []})
        yield "data: [DONE]\n\n"
        outcome = Outcome.FINISHED
    finally:
        record.end(received, outcome)


async def _words(received: ReceivedRequest, behaviour: str) -> AsyncIterator[str]:
    if behaviour == "slow":
        while True:
            yield f"word{received.words_sent} "
            await asyncio.sleep(SLOW_WORD_SECONDS)
    if behaviour != "empty":
        for word in _answer(received).split(" "):
            yield word if not received.words_sent else f" {word}"


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data)}\n\n"


def _completion(
    received: ReceivedRequest, part: str, content: str | None, *, finish_reason: str | None = None
) -> dict[str, Any]:
    return {
        "id": "chatcmpl-test",
        "object": "chat.completion.chunk" if part == "delta" else "chat.completion",
        "created": int(time.time()),
        "model": received.model,
        "choices": [{"index": 0, part: {"role": "assistant", "content": content}, "finish_reason": finish_reason}],
        "usage": None,
    }


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    uvicorn.run(_application(_Record()), host="127.0.0.1", port=parser.parse_args().port, ws="none", lifespan="off")


if __name__ == "__main__":
    main()
