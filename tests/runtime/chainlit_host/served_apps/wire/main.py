"""An app that sends everything Chainlit can send, so that what goes over the wire can be compared."""

import math

import chainlit as cl


@cl.on_chat_start
async def start() -> None:
    cl.user_session.set("turns", 0)
    await cl.context.emitter.set_commands([{"id": "Draw", "icon": "image", "description": "Draws ✎"}])


@cl.step(type="tool", name="Look up", show_input="json")
async def look_up(question: str, *, deep: bool) -> dict:
    async with cl.Step(name="inside", type="llm") as step:
        step.input = {"question": question, "umlauts": "äöü \u2028 🎉"}
        for token in ("one ", "two "):
            await step.stream_token(token)
    return {"answer": 42, "ratio": 1e22, "deep": deep}


@cl.on_message
async def answer(message: cl.Message) -> None:
    cl.user_session.set("turns", cl.user_session.get("turns") + 1)
    await look_up(message.content, deep=True)

    streamed = cl.Message(content="")
    for token in ("Hällo", ", ", "wörld", " \u2028\x7f\x00", "</script>"):
        await streamed.stream_token(token)
    await streamed.send()
    streamed.content = "changed"
    await streamed.update()

    action = cl.Action(name="press", label="Press", payload={"nested": [1, 2.5, None, True, {"deep": "yes"}]})
    await cl.Message(content={"a": "dictionary"}, actions=[action], metadata={"numbers": [1, 1.0, -0.0, 1e-7]}).send()
    element = cl.Text(name="A text", content="of its own", display="inline")
    await cl.Message(content="With an element", elements=[element], author="Somebody").send()
    await action.remove()

    emitter = cl.context.emitter
    await emitter.emit("no data", None)
    await emitter.emit("several", ("arguments", 2, {"three": 3}))
    await emitter.emit("numbers", [math.inf, -math.inf, math.nan, 10**30, True, {1: "one", None: "none"}])
    await emitter.send_audio_chunk(cl.OutputAudioChunk(track="t", mimeType="pcm16", data=b"\x00\xffsound"))
    await emitter.emit("bytes within", {"list": [b"one", {"deep": b"two"}]})
    try:
        await emitter.emit("cannot be sent", {"object": object()})
    except TypeError as error:
        await emitter.send_toast(str(error), "warning")
    await cl.send_window_message({"finished": cl.user_session.get("turns")})
