"""Speaks to people in their language."""

import chainlit as cl

GREETINGS = {"de": "Guten Tag", "fr": "Bonjour"}


@cl.set_starters
async def starters(user: cl.User | None, language: str | None) -> list[cl.Starter]:
    return [cl.Starter(label=f"{GREETINGS.get((language or '')[:2], 'Hello')} ({language})", message="hello")]


@cl.on_message
async def answer(message: cl.Message) -> None:
    await cl.Message(f"languages hears {cl.context.session.language}").send()
