"""Lets people in who sign in at an identity provider."""

import chainlit as cl


@cl.oauth_callback
async def check(
    provider_id: str, token: str, raw_user_data: dict[str, str], default_user: cl.User, id_token: str | None = None
) -> cl.User | None:
    if raw_user_data["sub"] == "stranger":
        return None
    return cl.User(identifier=default_user.identifier, metadata={"provider": provider_id})


@cl.on_message
async def answer(message: cl.Message) -> None:
    user = cl.user_session.get("user")
    await cl.Message(f"provider_sign_in knows {user.identifier} from {user.metadata['provider']}").send()
