"""Opens, fills and closes the sidebar from the server."""

import chainlit as cl


@cl.on_message
async def answer(message: cl.Message) -> None:
    if message.content == "close":
        await cl.ElementSidebar.set_elements([])
        await cl.Message("sidebar is closed").send()
        return
    await cl.ElementSidebar.set_elements(
        [cl.Text(name="note", content="a note beside the chat"), cl.Image(name="square", path="public/square.png")],
        key="notes",
    )
    await cl.ElementSidebar.set_title("Notes")
    await cl.Message("sidebar is open").send()
