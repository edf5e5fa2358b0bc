"""Two profiles, one of which is another assistant altogether: name, welcome, uploads and steps."""

import chainlit as cl
from chainlit.config import (
    ChainlitConfigOverrides,
    FeaturesSettings,
    McpFeature,
    SpontaneousFileUploadFeature,
    UISettings,
)


@cl.set_chat_profiles
async def profiles(user: cl.User | None, language: str | None) -> list[cl.ChatProfile]:
    await cl.sleep(0.01)  # as one that asks a database
    return [
        cl.ChatProfile(name="Clerk", markdown_description="Answers **forms**.", default=True),
        cl.ChatProfile(
            name="Poet",
            display_name="The Poet",
            markdown_description="Answers in *verse*.",
            icon="/public/quill.svg",
            starters=[cl.Starter(label="A sonnet", message="Write a sonnet")],
            config_overrides=ChainlitConfigOverrides(
                ui=UISettings(name="Poetical Assistant", description="Verse only", default_theme="light"),
                features=FeaturesSettings(
                    spontaneous_file_upload=SpontaneousFileUploadFeature(enabled=False),
                    mcp=McpFeature(enabled=True, servers=[{"name": "muse", "type": "sse", "url": "http://muse.test"}]),
                    edit_message=False,
                ),
            ),
        ),
    ]


@cl.on_message
async def answer(message: cl.Message) -> None:
    settings = cl.context.session.get_config()
    uploads = settings.features.spontaneous_file_upload
    await cl.Message(
        f"chat_profiles: {cl.user_session.get('chat_profile')} is {settings.ui.name}, "
        f"editing {settings.features.edit_message}, uploads {uploads.enabled if uploads else None}, "
        f"tools {[server.name for server in settings.features.mcp.servers]}"
    ).send()
