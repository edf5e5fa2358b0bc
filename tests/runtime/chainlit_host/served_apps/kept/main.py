"""An app whose conversations are kept: it says, shows and attaches what a message asks for."""

import json
from typing import Any

import chainlit as cl
from chainlit.data import get_data_layer
from chainlit.types import Feedback, Pagination, ThreadDict, ThreadFilter

from runtime import tenant

PICTURE = b"\x89PNG\r\n\x1a\n canary"


@cl.on_chat_start
async def start() -> None:
    cl.user_session.set("notes", "private to the author")
    await cl.Message(content="Welcome").send()


@cl.on_chat_resume
async def resume(thread: ThreadDict) -> None:
    cl.user_session.set("resumed", thread["id"])


@cl.on_feedback
async def feedback(given: Feedback) -> None:
    cl.user_session.set("rated", given.value)


@cl.on_shared_thread_view
async def shared_thread_view(thread: ThreadDict, viewer: cl.User | None) -> bool:
    return False


@cl.on_message
async def answer(message: cl.Message) -> None:
    command, _, rest = message.content.partition(" ")
    match command:
        case "call":
            asked = json.loads(rest)
            await cl.Message(content=json.dumps(await call(asked["method"], asked["args"]), default=str)).send()
        case "code":
            async with cl.Step(name="tool", type="tool", show_input=False, tags=["seen"], language="python") as step:
                step.input, step.output = "secret", "print(1)"
            await cl.Message(content="x = 1", language="python").send()
        case "attach":
            elements = [
                cl.File(name="note.txt", content=rest.encode(), mime="text/plain"),
                cl.File(name="page.html", content=b"<script>alert(1)</script>", mime="text/html"),
                cl.Audio(name="sound", content=b"RIFF", mime="audio/wav", auto_play=True),
                cl.CustomElement(name="Card", props={"colour": rest}),
                cl.Image(name="elsewhere", url="https://files.example/picture.png"),
            ]
            await cl.Message(content="attached", elements=elements).send()
        case "edit":
            edited = await cl.Message(content="first").send()
            edited.content = ""
            await edited.update()
        case "removed":
            removed = await cl.Message(content="soon gone").send()
            await removed.remove()
            await cl.Message(content=removed.id).send()
        case "session":
            names = ("notes", "resumed", "rated")
            await cl.Message(content=json.dumps({name: cl.user_session.get(name) for name in names})).send()
        case "context":
            await cl.Message(content=json.dumps(cl.chat_context.to_openai())).send()
        case _:
            await cl.Message(content=f"{message.content} under revision {tenant.revision}").send()


async def call(method: str, arguments: dict[str, Any]) -> Any:
    """Call the data layer by name; what it raises is returned as the name of its class."""
    layer = get_data_layer()
    if layer is None:
        return "no layer"
    if method == "list_threads":
        arguments = {
            "pagination": Pagination(**arguments["pagination"]),
            "filters": ThreadFilter(**arguments["filters"]),
        }
    if method == "upsert_feedback":
        arguments = {"feedback": Feedback(**arguments)}
    try:
        found = await getattr(layer, method)(**arguments)
    except Exception as error:  # noqa: BLE001 - the tests ask which
        return type(error).__name__
    return found.to_dict() if hasattr(found, "to_dict") else found
