"""Talks with the page that holds it in a frame."""

import chainlit as cl


@cl.on_window_message
async def heard(message: str) -> None:
    await cl.Message(f"window_messages heard from the window: {message}").send()
    await cl.send_window_message(f"the chat thanks for {message}")


@cl.on_message
async def answer(message: cl.Message) -> None:
    await cl.send_window_message({"said": message.content})
    await cl.Message("window_messages told the window").send()
