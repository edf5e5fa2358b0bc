"""An app with settings of its own, which says how they are now."""

import chainlit as cl
from pydantic import BaseModel, Field, SecretStr

from runtime import app_settings, tenant


class Limits(BaseModel):
    answers: int = Field(3, ge=1, le=5)


@app_settings
class Settings(BaseModel):
    greeting: str = "Hello"
    topics: list[str] = []
    key: SecretStr = SecretStr("")
    limits: Limits = Limits()


@cl.on_message
async def on_message(_: cl.Message) -> None:
    settings = tenant.settings
    key = settings.key.get_secret_value()
    topics = ",".join(settings.topics)
    # What code changes in its copy is nobody else's.
    settings.greeting, settings.limits.answers = "spoilt", 0
    settings.topics.append("spoilt")
    again = tenant.settings
    await cl.Message(f"{again.greeting}|{topics}|{key}|{again.limits.answers}").send()
