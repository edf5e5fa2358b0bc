"""An app that asks a language model through LangChain. Answers are numbered, so one from the cache is told apart."""

import asyncio
import itertools
import os
import threading
from concurrent.futures import Future
from queue import Queue
from typing import Any

import chainlit as cl
from langchain_core.caches import BaseCache, InMemoryCache
from langchain_core.globals import get_llm_cache, set_llm_cache
from langchain_core.language_models import SimpleChatModel

numbers = itertools.count(1)
questions: Queue[tuple[str, Future[Any]]] = Queue()


class NumberingModel(SimpleChatModel):
    @property
    def _llm_type(self) -> str:
        return "numbering"

    def _call(self, *_: Any, **__: Any) -> str:
        return f"answer {next(numbers)}"


model = NumberingModel()


def answer_questions() -> None:
    while True:
        question, future = questions.get()
        future.set_result(model.invoke(question))


# It begins here, where no tenant is bound, and so runs for none.
threading.Thread(target=answer_questions, daemon=True).start()
if os.environ["CACHE"] == "in memory":
    set_llm_cache(InMemoryCache())


@cl.on_message
async def on_message(message: cl.Message) -> None:
    command, _, text = message.content.partition(" ")
    answer = "done"
    match command:
        case "ask":
            answer = str((await model.ainvoke(text)).content)
        case "ask-and-wait":
            answer = str(model.invoke(text).content)
        case "ask-the-worker":
            future: Future[Any] = Future()
            questions.put((text, future))
            answer = str((await asyncio.wrap_future(future)).content)
        case "clear":
            await get_llm_cache().aclear()
        case "clear-and-wait":
            get_llm_cache().clear()
        case "switch-off":
            set_llm_cache(None)
        case "set-own":
            set_llm_cache(InMemoryCache())
        case "put-back":
            set_llm_cache(get_llm_cache())
        case "classes":
            answer = str([isinstance(get_llm_cache(), kind) for kind in (BaseCache, InMemoryCache)])
        case "count":
            answer = str(len(get_llm_cache()._cache))
    await cl.Message(answer).send()
