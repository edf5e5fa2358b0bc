"""Counts what it remembers, so that an edited question shows what was forgotten."""

import chainlit as cl


@cl.on_message
async def remember(message: cl.Message) -> None:
    said = [each.content for each in cl.chat_context.get() if each.type == "user_message"]
    await cl.Message(f"editing remembers: {', '.join(said)}").send()
