"""Elements of its own, written in JSX: one that acts, one that asks."""

import chainlit as cl


@cl.action_callback("water")
async def water(action: cl.Action) -> None:
    await cl.Message(f"custom_elements watered {action.payload['plant']}").send()


@cl.on_message
async def show(message: cl.Message) -> None:
    match message.content:
        case "show":
            plant = cl.CustomElement(name="Plant", props={"plant": "fern", "leaves": 3}, display="inline")
            cl.user_session.set("plant", plant)
            await cl.Message("custom_elements grows", elements=[plant]).send()
        case "grow":
            plant = cl.user_session.get("plant")
            plant.props = {**plant.props, "leaves": 10}
            await plant.update()
            await cl.Message("custom_elements has grown").send()
        case "ask":
            form = cl.CustomElement(name="Order", props={"fields": ["street", "town"]}, display="inline")
            answer = await cl.AskElementMessage("Where to?", element=form, timeout=60).send()
            await cl.Message(f"custom_elements sends it to {answer['street']}, {answer['submitted']}").send()
        case other:
            await cl.Message(f"custom_elements heard {other}").send()
