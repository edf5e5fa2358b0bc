"""An app with a brand: name, colours, fonts, logo, favicon, links, its own CSS and JavaScript, HTML and formulas."""

import chainlit as cl


@cl.step(type="tool")
async def hidden_work() -> str:
    return "nobody sees this"


@cl.on_message
async def answer(message: cl.Message) -> None:
    await hidden_work()
    await cl.Message(
        "branded has $$e^{i\\pi} = -1$$ and <u>underlined</u>\n\n"
        ":::info\nmodern alerts\n:::\n\n[a link](https://desk.example/)"
    ).send()
