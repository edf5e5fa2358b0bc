"""The smallest app there is: a greeting, and an echo with some Markdown."""

import chainlit as cl


@cl.on_chat_start
async def greet() -> None:
    await cl.Message("Welcome to **messages**.").send()


@cl.on_message
async def echo(message: cl.Message) -> None:
    if message.content == "fail":
        raise ValueError("the model is out of tokens")
    answer = cl.Message(f"messages heard: {message.content}")
    await answer.send()
    answer.content += "\n\n- one\n- `two`\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    await answer.update()
