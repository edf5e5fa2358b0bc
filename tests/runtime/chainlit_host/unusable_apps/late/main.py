"""An app whose startup hook never returns."""

import asyncio

import chainlit as cl


@cl.on_app_startup
async def wait_for_ever() -> None:
    await asyncio.Event().wait()


@cl.on_message
async def answer(message: cl.Message) -> None:
    await cl.Message("late answers").send()
