"""Buttons under a message that count, remove themselves, and fail."""

import chainlit as cl


@cl.action_callback("add")
async def add(action: cl.Action) -> str:
    total = cl.user_session.get("total", 0) + action.payload["amount"]
    cl.user_session.set("total", total)
    await cl.Message(f"actions counted {total}").send()
    return "added"


@cl.action_callback("forget")
async def forget(action: cl.Action) -> None:
    await action.remove()
    await cl.Message("actions forgot a button").send()


@cl.action_callback("break")
async def fail(action: cl.Action) -> None:
    raise RuntimeError("this button is broken")


@cl.on_message
async def offer(message: cl.Message) -> None:
    await cl.Message(
        "actions offers",
        actions=[
            cl.Action(name="add", payload={"amount": 2}, label="Add two", tooltip="Adds two", icon="plus"),
            cl.Action(name="forget", payload={}, label="Forget me"),
            cl.Action(name="break", payload={}, label="Break"),
        ],
    ).send()
