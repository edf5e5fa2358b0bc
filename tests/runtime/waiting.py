"""Waiting for a condition instead of for a time."""

import asyncio
import inspect
import time


async def until(condition, *, within=5.0):
    """Return the first true answer of ``condition`` (plain or async); fail when there is none in time."""
    deadline = time.monotonic() + within
    while True:
        answer = condition()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.002)
