"""Pauses that pass without being waited for. Each test has a process of its own, since Chainlit is changed in it."""

import json
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[4]
PREPARE = """
import asyncio, json, os, sys, time
from pathlib import Path
os.environ["CHAINLIT_APP_ROOT"] = sys.argv[1]
import chainlit.message, chainlit.socket, chainlit.utils
from chainlit.context import init_http_context
from runtime.chainlit_host.process.chat_clock import ChatClock
ChatClock().install()
slept = []
time.sleep = slept.append
"""


def _run(code, folder):
    done = subprocess.run(
        [sys.executable, "-c", PREPARE + code, str(folder)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_messages_and_steps_of_a_chat_do_not_sleep_and_are_a_millisecond_apart(tmp_path):
    slept, times = _run(
        """
async def main():
    init_http_context()
    made = []
    for _ in range(20):
        made.append(await chainlit.message.Message("text").send())
        made.append(sys.modules["chainlit.step"].Step("step"))
    print(json.dumps([slept, [each.created_at for each in made]]))
asyncio.run(main())
""",
        tmp_path,
    )

    assert slept == []
    milliseconds = [time[:23] for time in times]
    assert milliseconds == sorted(set(milliseconds))
    assert all(time.endswith("Z") for time in times)


def test_one_chat_does_not_move_the_clock_of_another(tmp_path):
    before, hurried, other, after = _run(
        """
async def hurry():
    init_http_context()
    for _ in range(60_000):
        chainlit.message.Message("text")
    return chainlit.utils.utc_now()

async def other():
    init_http_context()
    return chainlit.utils.utc_now()

async def main():
    before = chainlit.utils.utc_now()
    hurried = await asyncio.create_task(hurry())
    print(json.dumps([before, hurried, await asyncio.create_task(other()), chainlit.utils.utc_now()]))
asyncio.run(main())
""",
        tmp_path,
    )

    # A minute of pauses went by for one chat alone.
    assert before < other <= after < hurried


def test_where_there_is_no_chat_the_pause_is_waited_for(tmp_path):
    assert _run(
        """
sys.modules["chainlit.step"].time.sleep(0.001)
chainlit.message.time.sleep(0.25)
print(json.dumps([slept, chainlit.message.time.time() > 0]))
""",
        tmp_path,
    ) == [[0.001, 0.25], True]


def test_a_thread_waits_so_that_the_loop_goes_on_meanwhile(tmp_path):
    slept = _run(
        """
async def main():
    init_http_context()
    await asyncio.to_thread(chainlit.message.Message, "text")
    print(json.dumps(slept))
asyncio.run(main())
""",
        tmp_path,
    )

    assert slept == [0.001]
