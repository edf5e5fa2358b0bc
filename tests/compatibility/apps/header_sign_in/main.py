"""Lets people in whom a proxy in front has already recognised."""

import chainlit as cl
from starlette.datastructures import Headers


@cl.header_auth_callback
async def check(headers: Headers) -> cl.User | None:
    name = headers.get("x-recognised")
    return cl.User(identifier=name, metadata={"team": headers.get("X-Team")}) if name else None


@cl.on_message
async def answer(message: cl.Message) -> None:
    user = cl.user_session.get("user")
    await cl.Message(f"header_sign_in recognised {user.identifier} of {user.metadata['team']}").send()
