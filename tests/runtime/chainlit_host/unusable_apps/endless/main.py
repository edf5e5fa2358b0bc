"""An app that waits for something that never comes, whatever interrupts it."""

import threading

import chainlit as cl

try:
    threading.Event().wait()
except OSError:
    threading.Event().wait()


@cl.on_message
async def answer(message: cl.Message) -> None:
    await cl.Message("never").send()
