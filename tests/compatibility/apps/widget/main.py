"""Lives as a widget on another site, which signs its people in, and calls that site's functions."""

import os

import chainlit as cl

os.environ["CHAINLIT_CUSTOM_AUTH"] = "true"


@cl.on_message
async def answer(message: cl.Message) -> None:
    user = cl.user_session.get("user")
    if message.content == "what is in the cart?":
        cart = await cl.CopilotFunction(name="cart", args={"of": user.identifier}).acall()
        await cl.Message(f"widget sees {cart}").send()
        return
    await cl.Message(f"widget knows {user.identifier} in {cl.context.session.client_type}").send()
