"""Listens, and answers with sound."""

import chainlit as cl


@cl.on_audio_start
async def begin() -> bool:
    cl.user_session.set("heard", 0)
    cl.user_session.set("told", False)
    return True


@cl.on_audio_chunk
async def listen(chunk: cl.InputAudioChunk) -> None:
    heard = cl.user_session.get("heard") + len(chunk.data)
    cl.user_session.set("heard", heard)
    if heard > 4000 and not cl.user_session.get("told"):
        cl.user_session.set("told", True)
        await cl.Message(f"voice hears {chunk.mimeType}").send()
        await cl.context.emitter.send_audio_chunk(
            cl.OutputAudioChunk(mimeType="pcm16", data=bytes(3200), track="answer")
        )


@cl.on_audio_end
async def end() -> None:
    await cl.Message(f"voice heard something: {cl.user_session.get('heard') > 4000}").send()


@cl.on_message
async def answer(message: cl.Message) -> None:
    await cl.Message("voice would rather listen").send()
