"""Lets people choose model and approach beside what they type."""

import chainlit as cl


@cl.on_chat_start
async def offer() -> None:
    await cl.context.emitter.set_modes(
        [
            cl.Mode(
                id="model",
                name="Model",
                options=[
                    cl.ModeOption(id="small", name="Small", description="Fast", icon="zap"),
                    cl.ModeOption(id="large", name="Large", description="Slow", icon="brain", default=True),
                ],
            ),
            cl.Mode(id="approach", name="Approach", options=[cl.ModeOption(id="plan", name="Planning")]),
        ]
    )


@cl.on_message
async def answer(message: cl.Message) -> None:
    await cl.Message(f"modes were {message.modes}").send()
