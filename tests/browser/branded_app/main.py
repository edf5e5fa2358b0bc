"""An app whose answers hold a custom element, which a tenant may bring, and a film."""

import chainlit as cl


@cl.on_message
async def answer(message: cl.Message) -> None:
    elements: list[cl.Element] = []
    if message.content == "card":
        elements = [cl.CustomElement(name="Card", props={"word": "hello"}, display="inline")]
    if message.content == "film":
        elements = [cl.Video(name="film", url="/public/film.webm", display="inline")]
    await cl.Message(f"Here is your {message.content}", author="My Assistant", elements=elements).send()
