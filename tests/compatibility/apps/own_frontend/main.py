"""Brings a frontend of its own in place of Chainlit's."""

import chainlit as cl


@cl.on_message
async def answer(message: cl.Message) -> None:
    await cl.Message("own_frontend answers").send()
