"""Commands in the composer: from a menu, as a button, and one that stays."""

import chainlit as cl

COMMANDS = [
    {"id": "Picture", "icon": "image", "description": "Draw something"},
    {"id": "Search", "icon": "globe", "description": "Look it up", "button": True},
    {"id": "Stay", "icon": "pin", "description": "Stays chosen", "button": True, "persistent": True},
]


@cl.on_chat_start
async def offer() -> None:
    await cl.context.emitter.set_commands(COMMANDS)


@cl.on_message
async def answer(message: cl.Message) -> None:
    await cl.Message(f"commands got {message.command} for “{message.content}”").send()
