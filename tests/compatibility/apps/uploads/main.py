"""Reads files that people attach to a message."""

from pathlib import Path

import chainlit as cl


@cl.on_message
async def read(message: cl.Message) -> None:
    if not message.elements:
        await cl.Message("uploads came without a file").send()
    for element in message.elements:
        size = len(Path(element.path).read_bytes())
        await cl.Message(f"uploads got {element.name} ({element.mime}): {size} bytes").send()
