"""Asks for a name, a choice and a file before it answers."""

from pathlib import Path

import chainlit as cl


@cl.on_message
async def ask(message: cl.Message) -> None:
    if message.content != "begin":
        await cl.Message("asking waits for “begin”").send()
        return
    name = await cl.AskUserMessage("What is your name?", timeout=60).send()
    choice = await cl.AskActionMessage(
        "Tea or coffee?",
        actions=[
            cl.Action(name="tea", payload={"cup": "tea"}, label="Tea"),
            cl.Action(name="coffee", payload={"cup": "coffee"}, label="Coffee"),
        ],
        timeout=60,
    ).send()
    files = await cl.AskFileMessage("Please upload your menu.", accept=["text/plain"], max_files=2, timeout=60).send()
    lines = Path(files[0].path).read_text().splitlines()
    await cl.Message(
        f"asking serves {choice['payload']['cup']} to {name['output']}: {files[0].name} has {len(lines)} lines"
    ).send()
    unanswered = await cl.AskUserMessage("Anything else?", timeout=1).send()
    await cl.Message(f"asking heard {unanswered}").send()
