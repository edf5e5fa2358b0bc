"""Loops inside loops. asyncio is changed for the whole process, so each test has a process of its own."""

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[4]
PREPARE = """
import asyncio, random
from runtime.chainlit_host.process import event_loop
"""


def _run(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", PREPARE + code],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_tasks_run_loops_inside_each_other_and_stay_the_current_ones():
    assert "all of it" in _run("""
event_loop.make_loops_reentrant()
loop = asyncio.new_event_loop()

async def leaf(number):
    await asyncio.sleep(random.random() / 1000)
    return number

async def nest(depth):
    this = asyncio.current_task()
    leaves = [asyncio.ensure_future(leaf(number)) for number in range(3)]
    if depth:
        assert loop.run_until_complete(nest(depth - 1)) == depth - 1
        assert asyncio.current_task() is this
    cancelled = asyncio.ensure_future(asyncio.sleep(60))
    await asyncio.sleep(0)
    cancelled.cancel()
    async with asyncio.timeout(60):
        assert await asyncio.gather(*leaves) == [0, 1, 2]
    assert asyncio.current_task() is this
    return depth

async def main():
    for seed in range(10):
        random.seed(seed)
        depths = [random.randint(0, 6) for _ in range(12)]
        assert await asyncio.gather(*map(nest, depths)) == depths
    print("all of it")

loop.run_until_complete(main())
loop.close()
""")


def test_what_a_loop_inside_raises_reaches_its_caller():
    assert "raised, then went on" in _run("""
event_loop.make_loops_reentrant()
loop = asyncio.new_event_loop()

async def fail():
    await asyncio.sleep(0)
    raise LookupError("inside")

async def main():
    try:
        loop.run_until_complete(fail())
    except LookupError as error:
        await asyncio.sleep(0)
        assert asyncio.current_task() is not None and str(error) == "inside"
        print("raised, then went on")

loop.run_until_complete(main())
loop.close()
""")


def test_tasks_and_futures_stay_those_in_c():
    assert _run("""
native = asyncio.Task, asyncio.Future
event_loop.make_loops_reentrant()
print((asyncio.Task, asyncio.Future) == native, asyncio.Task.__module__)
""").split() == ["True", "_asyncio"]


def test_where_tasks_in_c_cannot_nest_those_in_python_are_used():
    assert "nested" in _run("""
event_loop._nests = lambda loop: False
event_loop.make_loops_reentrant()
loop = asyncio.new_event_loop()
assert asyncio.Task is asyncio.tasks._PyTask and asyncio.Future is asyncio.futures._PyFuture

async def main():
    loop.run_until_complete(asyncio.sleep(0))
    print("nested")

loop.run_until_complete(main())
loop.close()
""")


def test_an_app_that_applies_nest_asyncio_itself_changes_nothing():
    assert "as it was" in _run("""
import nest_asyncio
event_loop.make_loops_reentrant()
loop = asyncio.new_event_loop()
before = asyncio.Task, asyncio.Future, type(loop)._run_once
nest_asyncio.apply(loop)
assert (asyncio.Task, asyncio.Future, type(loop)._run_once) == before
loop.close()
print("as it was")
""")


def test_cancelled_timers_are_not_kept_until_they_would_have_been_due():
    assert (
        int(
            _run("""
event_loop.make_loops_reentrant()
loop = asyncio.new_event_loop()

async def main():
    kept = loop.call_later(3600, print)
    for _ in range(5_000):
        loop.call_later(3600, print).cancel()
        await asyncio.sleep(0)
    assert kept in loop._scheduled
    print(len(loop._scheduled))

loop.run_until_complete(main())
loop.close()
""")
        )
        < 500
    )
