"""Works until it is stopped, in a task and in a thread; the thread's late words must not appear."""

import threading

import chainlit as cl

RELEASED = threading.Event()


def think_slowly() -> None:
    RELEASED.wait(60)
    cl.run_sync(cl.Message("too late: the thread went on").send())


@cl.on_stop
async def stopped() -> None:
    RELEASED.set()
    cl.user_session.set("stopped", cl.user_session.get("stopped", 0) + 1)


@cl.on_message
async def work(message: cl.Message) -> None:
    if message.content == "think in a thread":
        RELEASED.clear()
        await cl.Message("stopping starts to think").send()
        await cl.make_async(think_slowly)()
    elif message.content == "count":
        answer = cl.Message("stopping counts:")
        for number in range(10_000):
            await answer.stream_token(f" {number}")
            await cl.sleep(0.2)
    else:
        await cl.Message(f"stopping was stopped {cl.user_session.get('stopped', 0)} times").send()
