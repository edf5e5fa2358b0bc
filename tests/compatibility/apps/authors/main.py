"""Several speakers, two with pictures of their own, one under another name."""

import chainlit as cl


@cl.author_rename
async def rename(author: str) -> str:
    return {"W": "Dr. Watson"}.get(author, author)


@cl.on_message
async def speak(message: cl.Message) -> None:
    await cl.Message("authors has a speaker", author="W").send()
    await cl.Message("authors has another", author="Inspector").send()
    async with cl.Step(name="W", type="tool") as step:
        step.output = "elementary"
    await cl.Message("authors has the assistant").send()
