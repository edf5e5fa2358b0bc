"""Turns most of Chainlit's switches the other way: transport, language, steps, settings beside the chat."""

import chainlit as cl
from chainlit.input_widget import Switch


@cl.step(type="tool")
async def look_it_up() -> str:
    return "found"


@cl.step(type="llm")
async def ponder() -> str:
    return "pondered"


@cl.on_chat_start
async def start() -> None:
    await cl.ChatSettings([Switch(id="loud", label="Loud", initial=False)]).send()


@cl.on_settings_update
async def changed(settings: dict) -> None:
    await cl.Message(f"small_print is loud: {settings['loud']}").send()


@cl.on_message
async def answer(message: cl.Message) -> None:
    await look_it_up()
    await ponder()
    await cl.Message("small_print has <b>no</b> bold and no $$x$$").send()
