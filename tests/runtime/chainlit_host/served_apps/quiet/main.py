"""An app without hooks for the settings; told by a message, it changes its configuration while it runs."""

import chainlit as cl
from chainlit.config import config


@cl.on_message
async def on_message(message: cl.Message) -> None:
    command, _, value = message.content.partition(" ")
    match command:
        case "name":
            config.ui.name = value
        case "audio":
            config.features.audio.enabled = value == "on"
        case "own-servers":
            config.features.mcp.user_servers.allowed_urls.append(value)
    await cl.Message(config.ui.name).send()
