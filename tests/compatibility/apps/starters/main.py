"""Offers ways to begin, in groups."""

import chainlit as cl


@cl.set_starters
async def starters(user: cl.User | None, language: str | None) -> list[cl.Starter]:
    return [
        cl.Starter(label=f"Plan a trip ({language})", message="Where to?", icon="/public/compass.svg"),
        cl.Starter(label="Explain", message="Explain yourself", command="Explain"),
    ]


@cl.set_starter_categories
async def categories(user: cl.User | None, language: str | None, profile: str | None) -> list[cl.StarterCategory]:
    return [
        cl.StarterCategory(label="Letters", starters=[cl.Starter(label="Condole", message="Write a condolence")]),
        cl.StarterCategory(
            label="Code", icon="/public/compass.svg", starters=[cl.Starter(label="Sort", message="Sort a list")]
        ),
    ]


@cl.on_message
async def answer(message: cl.Message) -> None:
    await cl.Message(f"starters began with “{message.content}” and the command {message.command}").send()
