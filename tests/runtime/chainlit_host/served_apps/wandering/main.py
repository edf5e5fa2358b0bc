"""An app that goes every way from a hook to other code, and tells for whom it arrives there."""

import asyncio
import contextvars
import gc
import json
import multiprocessing
import os
import queue
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from typing import Any

import anyio.to_thread
import chainlit as cl

from runtime import current_request, tenant

SHARED_POOL = ThreadPoolExecutor(1)
"""One thread for all tenants: whoever comes first starts it."""
shared_thread_pools: list[ThreadPool] = []
CLEANED: dict[str, dict[str, Any]] = {}


def here() -> dict[str, Any]:
    """Return for whom the running code runs."""
    session = cl.context.session
    return {
        "tenant": tenant.slug,
        "key": os.environ.get("CANARY"),
        "asker": current_request().headers.get("x-asker"),
        "session": session.id,
    }


async def here_later() -> dict[str, Any]:
    await asyncio.sleep(0.002)
    return here()


def in_thread(start: Callable[[Callable[[], None]], threading.Thread]) -> Callable[[], dict[str, Any]]:
    """Return a function that runs ``here`` in a thread that ``start`` makes, and waits for it."""

    def run() -> dict[str, Any]:
        answers: queue.Queue[Any] = queue.Queue()
        thread = start(lambda: answers.put(_caught(here)))
        thread.start()
        told = answers.get(timeout=10)
        thread.join()
        return told

    return run


def _caught(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except Exception as error:  # noqa: BLE001 - told to the test
        return f"{type(error).__name__}: {error}"


class OwnThread(threading.Thread):
    def __init__(self, function: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self.function = function

    def run(self) -> None:
        self.function()


async def stream(count: int) -> AsyncIterator[dict[str, Any]]:
    for _ in range(count):
        await asyncio.sleep(0)
        yield here()


async def task() -> Any:
    return await asyncio.create_task(here_later())


async def task_group() -> Any:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(here_later()) for _ in range(3)]
    told = [each.result() for each in tasks]
    assert told == [told[0]] * 3
    return told[0]


async def through_loop(schedule: Callable[[asyncio.AbstractEventLoop, Callable[[], None]], object]) -> Any:
    loop = asyncio.get_running_loop()
    told = loop.create_future()
    schedule(loop, lambda: told.set_result(_caught(here)))
    return await told


async def task_callback() -> Any:
    told = asyncio.get_running_loop().create_future()
    asyncio.create_task(asyncio.sleep(0)).add_done_callback(lambda _: told.set_result(_caught(here)))
    return await told


async def future_callback() -> Any:
    loop = asyncio.get_running_loop()
    told = loop.create_future()
    begun = threading.Event()
    work: Future[bool] = SHARED_POOL.submit(begun.wait, 10)
    work.add_done_callback(lambda _: loop.call_soon_threadsafe(told.set_result, _caught(here)))
    begun.set()
    return await told


async def streaming_callback() -> Any:
    """A library that calls back from a thread of its own for each piece, as many SDKs stream."""
    told: list[Any] = []

    def produce(on_token: Callable[[str], None]) -> None:
        for token in "abc":
            on_token(token)

    thread = threading.Thread(target=produce, args=(lambda _: told.append(_caught(here)),))
    thread.start()
    await asyncio.to_thread(thread.join)
    assert told == [told[0]] * 3
    return told[0]


async def own_pool() -> Any:
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda _: _caught(here), range(4)))
        told.append(await asyncio.get_running_loop().run_in_executor(pool, here))
    assert told == [told[0]] * 5
    return told[0]


async def shared_thread_pool() -> Any:
    if not shared_thread_pools:
        shared_thread_pools.append(ThreadPool(1))
    pool = shared_thread_pools[0]
    told = [pool.apply(_caught, (here,)), *pool.map(lambda _: _caught(here), range(2))]
    told += pool.imap(lambda _: _caught(here), range(1))
    told += pool.starmap(lambda *_: _caught(here), [(1, 2)])
    assert told == [told[0]] * 5
    return told[0]


async def thread_in_thread() -> Any:
    return await asyncio.to_thread(in_thread(lambda put: OwnThread(lambda: put_from_another(put))))


def put_from_another(put: Callable[[], None]) -> None:
    inner = threading.Thread(target=put)
    inner.start()
    inner.join()


async def run_sync_from_thread() -> Any:
    return await cl.make_async(lambda: cl.run_sync(here_later()))()


async def run_sync_from_plain_thread() -> Any:
    answers: queue.Queue[Any] = queue.Queue()
    thread = threading.Thread(target=lambda: answers.put(_caught(lambda: cl.run_sync(here_later()))))
    thread.start()
    return await asyncio.to_thread(answers.get, timeout=10)


async def run_sync_nested() -> Any:
    async def outer() -> Any:
        return cl.run_sync(here_later())

    return cl.run_sync(outer())


async def threadsafe() -> Any:
    loop = asyncio.get_running_loop()
    return await asyncio.to_thread(lambda: asyncio.run_coroutine_threadsafe(here_later(), loop).result(10))


async def generator() -> Any:
    told = [piece async for piece in stream(3)]
    assert told == [told[0]] * 3
    return told[0]


async def own_loop() -> Any:
    return await asyncio.to_thread(lambda: asyncio.run(here_later()))


async def broken_off() -> Any:
    """Leave a stream in the middle, for another tenant's code to collect."""
    session = cl.context.session.id

    async def cleaning() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            CLEANED[session] = _caught(here)

    cycle: list[Any] = [cleaning()]
    cycle.append(cycle)
    async for _ in cycle[0]:
        break
    return here()


def collected(session: str) -> Any:
    gc.collect()
    return CLEANED.get(session)


os.environ["WANDERING"] = "the app's"


def in_child(_: int) -> list[Any]:
    return [bool(tenant), os.environ.get("CANARY"), os.environ.get("WANDERING")]


def in_forked_child() -> list[Any]:
    forking = multiprocessing.get_context("fork")
    answers = forking.SimpleQueue()
    process = forking.Process(target=lambda: answers.put(in_child(0)))
    process.start()
    told = answers.get()
    process.join()
    return told


WAYS: dict[str, Callable[[], Any]] = {
    "await": here_later,
    "task": task,
    "gather": lambda: asyncio.gather(here_later()),
    "task group": task_group,
    "make_async": cl.make_async(here),
    "to_thread": lambda: asyncio.to_thread(here),
    "anyio": lambda: anyio.to_thread.run_sync(here),
    "default executor": lambda: asyncio.get_running_loop().run_in_executor(None, here),
    "shared executor": lambda: asyncio.get_running_loop().run_in_executor(SHARED_POOL, here),
    "own executor": own_pool,
    "shared thread pool": shared_thread_pool,
    "thread": lambda: asyncio.to_thread(in_thread(lambda put: threading.Thread(target=put))),
    "thread from the loop": lambda: asyncio.sleep(0, in_thread(lambda put: threading.Thread(target=put))()),
    "own thread": lambda: asyncio.to_thread(in_thread(OwnThread)),
    "thread in a thread": thread_in_thread,
    "timer": lambda: asyncio.to_thread(in_thread(lambda put: threading.Timer(0.002, put))),
    "run_sync in a thread": run_sync_from_thread,
    "run_sync in a plain thread": run_sync_from_plain_thread,
    "run_sync nested": run_sync_nested,
    "call_soon": lambda: through_loop(lambda loop, call: loop.call_soon(call)),
    "call_later": lambda: through_loop(lambda loop, call: loop.call_later(0.002, call)),
    "call_at": lambda: through_loop(lambda loop, call: loop.call_at(loop.time() + 0.002, call)),
    "call_soon_threadsafe": lambda: through_loop(
        lambda loop, call: threading.Thread(target=loop.call_soon_threadsafe, args=(call,)).start()
    ),
    "task callback": task_callback,
    "future callback": future_callback,
    "streaming callback": streaming_callback,
    "run_coroutine_threadsafe": threadsafe,
    "async generator": generator,
    "a loop of its own": own_loop,
}


@cl.on_message
async def answer(message: cl.Message) -> None:
    command, _, argument = message.content.partition(" ")
    match command:
        case "ways":
            told: Any = list(WAYS)
        case "go":
            told = await WAYS[argument]()
            told = told[0] if isinstance(told, list) else told
        case "break":
            told = await broken_off()
        case "collect":
            told = collected(argument)
        case "here":
            told = here()
        case "processes":
            with ProcessPoolExecutor(1) as pool:
                told = [next(iter(pool.map(in_child, range(1)))), await asyncio.to_thread(in_forked_child)]
        case "detached":
            # What an app does for a thread that works for all tenants.
            told = await asyncio.to_thread(lambda: contextvars.Context().run(lambda: bool(tenant)))
    await cl.Message(content=json.dumps(told)).send()
