"""Moves between tasks, threads and loops, and comes back to the chat from each."""

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor

import chainlit as cl

POOL = ThreadPoolExecutor(max_workers=1)


async def tell(where: str) -> str:
    await cl.Message(f"loops speaks from {where}").send()
    return where


def in_a_thread(where: str) -> str:
    return cl.run_sync(tell(where))


@cl.cache
def slow_sum(first: int, second: int) -> int:
    return first + second


@cl.on_chat_start
async def start() -> None:
    cl.user_session.set("count", 0)


@cl.on_message
async def answer(message: cl.Message) -> None:
    count = cl.user_session.get("count") + 1
    cl.user_session.set("count", count)
    if message.content == "count":
        await cl.Message(f"loops counted {count}").send()
        return
    loop = asyncio.get_running_loop()
    cl.run_sync(tell("run_sync inside a coroutine"))
    await cl.make_async(in_a_thread)("make_async")
    await asyncio.to_thread(in_a_thread, "to_thread")
    await asyncio.gather(tell("gather"), cl.sleep(0))
    await asyncio.create_task(tell("a task"))
    await asyncio.wait_for(tell("wait_for"), 5)
    async with asyncio.TaskGroup() as group:
        group.create_task(tell("a task group"))
    done = asyncio.Event()
    loop.call_later(0.01, done.set)
    await done.wait()
    async with asyncio.timeout(5):
        total = await loop.run_in_executor(POOL, functools.partial(slow_sum, 1, 2))
    await cl.context.emitter.send_toast("loops sends a toast", "success")
    await cl.Message(f"loops came to {total}, {slow_sum(1, 2)}").send()
