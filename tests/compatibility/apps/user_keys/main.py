"""Wants keys of each person before it begins."""

import chainlit as cl


@cl.on_message
async def answer(message: cl.Message) -> None:
    keys = cl.user_session.get("env")
    await cl.Message(f"user_keys got {sorted(keys.items())}").send()
