"""One of two apps whose modules have the same names."""

import chainlit as cl
import siblings.deep
from helpers import SIDE


@cl.on_message
async def on_message(message: cl.Message) -> None:
    import lazy

    await cl.Message(content=f"{SIDE} {siblings.deep.SIDE} {lazy.SIDE}").send()


from chainlit.server import app  # noqa: E402 - where Chainlit's documentation puts it


@app.get("/left-only")
async def left_only() -> dict[str, str]:
    return {"side": SIDE}


# The catch-all must stay last, or it answers in the place of the new route.
app.router.routes.sort(key=lambda route: getattr(route, "path", "") == "/{full_path:path}")
