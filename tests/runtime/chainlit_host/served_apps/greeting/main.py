"""An app whose settings depend on whoever asks: on user, language, chat profile, request and tenant."""

import chainlit as cl
from chainlit.config import ChainlitConfigOverrides, FeaturesSettings, UISettings
from starlette.requests import Request

from runtime import Tenant


@cl.set_chat_profiles
async def chat_profiles(user: cl.User | None, language: str | None, tenant: Tenant) -> list[cl.ChatProfile]:
    whom = user.identifier if user else "nobody"
    overrides = ChainlitConfigOverrides(ui=UISettings(name="Wide ünd bright", layout="wide"))
    silent = ChainlitConfigOverrides(features=FeaturesSettings(edit_message=False, allow_thread_sharing=True))
    starters = [cl.Starter(label="A start", message="Go “on”", icon=None)]
    return [
        cl.ChatProfile(name="plain", markdown_description=f"For {whom} of {tenant.slug} in {language}", default=True),
        cl.ChatProfile(name="wide", markdown_description="", config_overrides=overrides, starters=starters),
        cl.ChatProfile(name="silent", markdown_description="", config_overrides=silent),
    ]


@cl.set_starters
async def starters(user: cl.User | None, language: str | None, request: Request) -> list[cl.Starter] | None:
    sent = request.headers.get("x-mood")
    if sent == "broken":
        return [object()]
    if sent == "failing":
        raise RuntimeError("no starters today")
    return [cl.Starter(label=f"{sent} {user and user.identifier}", message="\u2028</script>")] if sent else None


@cl.set_starter_categories
async def categories(user: cl.User | None, language: str | None, chat_profile: str | None) -> list[cl.StarterCategory]:
    return [cl.StarterCategory(label=f"{chat_profile} {language}", starters=[cl.Starter(label="x", message="y")])]


@cl.on_chat_resume
async def resume(thread: dict) -> None: ...


@cl.on_shared_thread_view
async def view(thread: dict, user: cl.User | None) -> bool:
    return True


@cl.on_message
async def answer(message: cl.Message) -> None:
    await cl.Message("well met").send()
