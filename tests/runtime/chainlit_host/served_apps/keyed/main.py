"""An app that asks each of its people for a key of their own."""

import os

import chainlit as cl


@cl.on_message
async def on_message(message: cl.Message) -> None:
    own = cl.user_session.get("env")
    await cl.Message(content=f"{own['USER_KEY']} {os.environ.get('USER_KEY')}").send()
