"""The smallest app with a streamed answer: what a turn costs beside the app's own work."""

import chainlit as cl

TOKENS = 10


@cl.on_message
async def on_message(message: cl.Message) -> None:
    answer = cl.Message(content="")
    for number in range(TOKENS):
        await answer.stream_token(f"{message.content} {number} ")
    await answer.send()  # type: ignore[no-untyped-call]  # Chainlit leaves it without types
