"""Lets people in by a password, and sees them off."""

import os

import chainlit as cl
from fastapi import Request, Response


@cl.password_auth_callback
async def check(username: str, password: str) -> cl.User | None:
    if password != os.environ["DOOR_PASSWORD"]:
        return None
    # Long enough that the token does not fit into one cookie.
    return cl.User(identifier=username, display_name=f"{username.title()} of the door", metadata={"keys": "k" * 4000})


@cl.on_logout
async def see_off(request: Request, response: Response) -> dict[str, bool]:
    response.set_cookie("seen_off", "yes")
    return {"success": True}


@cl.on_message
async def answer(message: cl.Message) -> None:
    user = cl.user_session.get("user")
    await cl.Message(f"passwords lets in {user.identifier} with {len(user.metadata['keys'])} keys").send()
