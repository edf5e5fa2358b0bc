"""An app that decides by itself who enters: by password, by a proxy's header, at an identity provider."""

import os

import chainlit as cl
from starlette.datastructures import Headers


@cl.password_auth_callback
async def check_password(username: str, password: str) -> cl.User | None:
    return cl.User(identifier=username) if password == os.environ["GATE_PASSWORD"] else None


@cl.header_auth_callback
async def check_header(headers: Headers) -> cl.User | None:
    name = headers.get("x-signed-in-as")
    return cl.User(identifier=name) if name else None


@cl.oauth_callback
async def check_provider(
    provider_id: str, token: str, raw_user_data: dict[str, str], default_user: cl.User, id_token: str | None = None
) -> cl.User | None:
    return default_user


@cl.on_message
async def answer(message: cl.Message) -> None:
    user = cl.user_session.get("user")
    await cl.Message(content=f"{user.identifier} wrote {message.content}" if user else "nobody").send()
