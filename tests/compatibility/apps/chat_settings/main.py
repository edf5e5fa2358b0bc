"""Settings of a chat with every kind of widget, on two tabs."""

import chainlit as cl
from chainlit.input_widget import (
    Checkbox,
    DatePicker,
    MultiSelect,
    NumberInput,
    RadioGroup,
    Select,
    Slider,
    Switch,
    Tab,
    Tags,
    TextInput,
)


@cl.on_chat_start
async def offer() -> None:
    settings = await cl.ChatSettings(
        [
            Tab(
                id="model",
                label="Model",
                inputs=[
                    Select(id="name", label="Name", values=["small", "large"], initial_index=1),
                    Slider(id="warmth", label="Warmth", initial=1, min=0, max=2, step=0.5, tooltip="How warm"),
                    Switch(id="stream", label="Stream", initial=True),
                    NumberInput(id="tokens", label="Tokens", initial=100, placeholder="How many"),
                    RadioGroup(id="size", label="Size", values=["short", "long"], initial_value="short"),
                ],
            ),
            Tab(
                id="more",
                label="More",
                inputs=[
                    TextInput(id="persona", label="Persona", initial="clerk", description="Who answers"),
                    Tags(id="stops", label="Stops", initial=["end"]),
                    MultiSelect(id="tools", label="Tools", values=["search", "sums"], initial=["sums"]),
                    Checkbox(id="agree", label="Agree", initial=False),
                    DatePicker(id="day", label="Day", initial="2026-01-02"),
                ],
            ),
        ]
    ).send()
    await cl.Message(f"chat_settings begins with {sorted(settings)}").send()


@cl.on_settings_edit
async def edited(settings: dict) -> None:
    cl.user_session.set("edits", cl.user_session.get("edits", 0) + 1)


@cl.on_settings_update
async def updated(settings: dict) -> None:
    await cl.Message(f"chat_settings is now {settings['name']}, streaming {settings['stream']}").send()


@cl.on_message
async def answer(message: cl.Message) -> None:
    settings = cl.user_session.get("chat_settings")
    await cl.Message(f"chat_settings uses {settings['name']} as {settings['persona']}").send()
