"""An app whose config.toml names a layout that there is not."""

import chainlit as cl


@cl.on_message
async def answer(message: cl.Message) -> None:
    await cl.Message("never").send()
