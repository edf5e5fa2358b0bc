"""Answers word by word, once appended and once by replacing what stood there."""

import chainlit as cl

WORDS = ["streaming ", "says ", "one ", "word ", "at ", "a ", "time."]


@cl.on_message
async def stream(message: cl.Message) -> None:
    answer = cl.Message("")
    for word in WORDS:
        await answer.stream_token(word)
        await cl.sleep(0.01)
    await answer.send()

    counter = cl.Message("")
    for number in range(1, 4):
        await counter.stream_token(f"streaming counted to {number}", is_sequence=True)
    await counter.send()
