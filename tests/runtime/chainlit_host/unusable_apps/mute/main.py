"""An app without any hook by which it could answer."""

import chainlit as cl


@cl.on_app_startup
async def started() -> None:
    print("never", flush=True)  # noqa: T201 - a hook that must not run
