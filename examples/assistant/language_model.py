"""Answers streamed from an OpenAI-compatible API, one client for each key and address."""

import logging
import os
import re
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from openai import APIConnectionError, APIStatusError, APITimeoutError, AsyncOpenAI, Timeout
from openai.types.chat import ChatCompletionMessageParam

__all__ = ["ClientPool", "LanguageModel", "LanguageModelUnavailableError", "language_model", "stream_answer"]

DEFAULT_MODEL = "gpt-5.4-mini"
DEFAULT_BASE_URL = "https://api.openai.com/v1"
DEFAULT_SYSTEM_PROMPT = "You are {name}, a helpful assistant. Answer briefly and in the language of the question."

_TIMEOUT = Timeout(120, connect=10)
_WEB_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[!-~]*)?")
_SENTENCES = {
    400: "The language model could not accept this conversation. Start a new chat and try again.",
    401: "The language model refused the API key. An administrator should check OPENAI_API_KEY.",
    403: "The API key is not allowed to use this language model. An administrator should check OPENAI_MODEL.",
    404: "The language model was not found. An administrator should check OPENAI_MODEL and OPENAI_BASE_URL.",
    429: "The language model is busy or its quota is used up. Wait a moment and try again.",
}
_SERVER_TROUBLE = "The language model has a problem at the moment. Try again shortly."

logger = logging.getLogger(__name__)


class LanguageModelUnavailableError(Exception):
    """No answer could be had; its text is one sentence, free of secrets, for the person who asked."""


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """Where to ask, with which key and model, and how the model is told to behave."""

    api_key: str = field(repr=False)
    base_url: str
    model: str
    system_prompt: str


def language_model(*, name: str, instructions: str = "") -> LanguageModel | None:
    """The model the environment describes right now, or None without OPENAI_API_KEY.

    ``instructions`` are added to what the model is told.

    Read on every message: in a multi-tenant host the environment is the current tenant's, and an edit counts at once.
    """
    api_key = os.environ.get("OPENAI_API_KEY", "").strip()
    if not api_key:
        return None
    told = os.environ.get("SYSTEM_PROMPT", "").strip() or DEFAULT_SYSTEM_PROMPT.format(name=name)
    return LanguageModel(
        api_key=api_key,
        base_url=os.environ.get("OPENAI_BASE_URL", "").strip() or DEFAULT_BASE_URL,
        model=os.environ.get("OPENAI_MODEL", "").strip() or DEFAULT_MODEL,
        system_prompt="\n\n".join(filter(None, (told, instructions))),
    )


@dataclass(slots=True)
class _Entry:
    client: AsyncOpenAI
    users: int = 0


class ClientPool:
    """At most ``size`` idle clients, so that connections are reused but never pile up with tenants.

    A client that falls out is closed as soon as its last answer has been streamed.
    """

    def __init__(self, size: int = 32) -> None:
        self._size = size
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()

    @asynccontextmanager
    async def client(self, api_key: str, base_url: str) -> AsyncIterator[AsyncOpenAI]:
        """Lend the client of this key and address for the length of one answer."""
        address = (api_key, base_url)
        entry = self._entries.get(address)
        if entry is None:
            entry = self._entries[address] = _Entry(AsyncOpenAI(api_key=api_key, base_url=base_url, timeout=_TIMEOUT))
        self._entries.move_to_end(address)
        entry.users += 1
        try:
            while len(self._entries) > self._size:
                _, oldest = self._entries.popitem(last=False)
                if not oldest.users:
                    await oldest.client.close()
            yield entry.client
        finally:
            entry.users -= 1
            if not entry.users and self._entries.get(address) is not entry:
                await entry.client.close()

    async def close(self) -> None:
        """Close every client; answers still being streamed end."""
        while self._entries:
            _, entry = self._entries.popitem()
            await entry.client.close()


async def stream_answer(
    pool: ClientPool, model: LanguageModel, conversation: list[dict[str, Any]]
) -> AsyncGenerator[str, None]:
    """The answer to ``conversation`` (OpenAI's messages, oldest first) piece by piece.

    Close the iterator to stop: the connection is closed with it. Raises LanguageModelUnavailableError.
    """
    _refuse_unusable(model)
    # Chainlit builds plain dicts in the shape that openai's types describe.
    messages = cast(
        "list[ChatCompletionMessageParam]", [{"role": "system", "content": model.system_prompt}, *conversation]
    )
    silent = True
    try:
        async with pool.client(model.api_key, model.base_url) as client:
            stream = await client.chat.completions.create(model=model.model, messages=messages, stream=True)
            async with stream:
                async for chunk in stream:
                    # The closing chunk with token counts has no choices.
                    if chunk.choices and (piece := chunk.choices[0].delta.content):
                        silent = False
                        yield piece
    except Exception as error:  # noqa: BLE001 - the HTTP client under openai lets its own error types through as well
        # An API's message may quote the key, so only the kind of error and its status are logged.
        status = error.status_code if isinstance(error, APIStatusError) else None
        logger.warning("language model unavailable: %s, status %s", type(error).__name__, status)
        raise LanguageModelUnavailableError(_sentence(error)) from None
    if silent:
        raise LanguageModelUnavailableError("The language model sent an empty answer. Try again.")


def _refuse_unusable(model: LanguageModel) -> None:
    if not (model.api_key.isascii() and model.api_key.isprintable()):
        raise LanguageModelUnavailableError(
            "OPENAI_API_KEY contains characters that no key has. An administrator should enter it again."
        )
    if not _WEB_ADDRESS.fullmatch(model.base_url):
        raise LanguageModelUnavailableError(
            "OPENAI_BASE_URL is not a web address. An administrator should check it; it looks like https://host/v1."
        )


def _sentence(error: Exception) -> str:
    match error:
        case APIStatusError(status_code=status):
            return _SENTENCES.get(status, _SERVER_TROUBLE)
        case APITimeoutError():
            return "The language model took too long to answer. Try again."
        case APIConnectionError():
            return "The language model could not be reached. Try again shortly."
    return _SERVER_TROUBLE
