"""Shows files of every kind, named by relative and absolute paths, by bytes and by address."""

from pathlib import Path

import chainlit as cl

FILES = Path(__file__).parent / "files"


@cl.on_message
async def show(message: cl.Message) -> None:
    match message.content:
        case "pictures":
            pictures = [
                cl.Image(name="beside", path="./files/square.png", display="inline"),
                cl.Image(name="absolute", path=str(FILES / "square.png"), size="small"),
                cl.Image(name="public", url="/public/square.png", size="large"),
                cl.Image(name="bytes", content=(FILES / "square.png").read_bytes()),
            ]
            for picture in pictures:
                await cl.Message(f"media shows {picture.name}", elements=[picture]).send()
        case "documents":
            documents = [
                cl.Text(name="poem", content="roses are *red*", display="inline"),
                cl.Text(name="code.py", content="print('hello')", language="python", display="inline"),
                cl.File(name="table.csv", path="./files/table.csv", display="inline"),
                cl.Pdf(name="leaflet", path="./files/leaflet.pdf", display="inline", page=1),
            ]
            for document in documents:
                await cl.Message(f"media shows {document.name}", elements=[document]).send()
        case "recordings":
            await cl.Message(
                "media plays recordings",
                elements=[
                    cl.Audio(name="tone.wav", path="./files/tone.wav", display="inline"),
                    cl.Video(name="clip.webm", path="./files/clip.webm", display="inline", size="small"),
                ],
            ).send()
        case "beside the chat":
            await cl.Message(
                "media refers to the poem and the square",
                elements=[
                    cl.Text(name="poem", content="violets are blue", display="side"),
                    cl.Image(name="square", path="./files/square.png", display="page"),
                ],
            ).send()
        case _:
            await cl.Message("media has nothing of that kind").send()
