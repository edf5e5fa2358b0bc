"""One of two apps whose modules have the same names."""

import chainlit as cl
import siblings.deep
from helpers import SIDE


@cl.on_message
async def on_message(message: cl.Message) -> None:
    import lazy

    await cl.Message(content=f"{SIDE} {siblings.deep.SIDE} {lazy.SIDE}").send()
