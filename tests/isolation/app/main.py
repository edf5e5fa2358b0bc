"""An app that uses as much of Chainlit as can hold a tenant's data. Its values carry the tenant's own canary.

A message is a command: its first word is the name of a function below, the rest its argument.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

import chainlit as cl
from chainlit.auth.jwt import get_jwt_secret
from chainlit.config import ChainlitConfigOverrides, UISettings, config
from chainlit.data import get_data_layer
from chainlit.oauth_providers import OAuthProvider, providers
from chainlit.server import sio
from memory_layer import MemoryLayer
from starlette.datastructures import Headers

try:
    from runtime import current_request, per_tenant
except ImportError:
    current_request = per_tenant = None


def canary() -> str:
    return os.environ.get("CANARY", "no canary")


def whispered() -> list[str]:
    """Tell what headers of this request say that were not meant for an app."""
    headers = current_request().headers if current_request is not None else {}
    return [value for value in headers.values() if value.startswith("whispered")]


if os.environ.get("CONVERSATIONS") != "platform":

    @cl.data_layer
    def data_layer() -> MemoryLayer:
        return MemoryLayer()


@cl.header_auth_callback
async def check_header(headers: Headers) -> cl.User | None:
    name = headers.get("x-signed-in-as")
    return cl.User(identifier=name) if name else None


@cl.oauth_callback
async def check_provider(
    provider_id: str, token: str, raw_user_data: dict[str, str], default_user: cl.User, id_token: str | None = None
) -> cl.User | None:
    return default_user


class PostingProvider(OAuthProvider):
    """A provider that posts people back and believes everybody, under the name of the one that does so."""

    id = "azure-ad-hybrid"
    env: list[str] = []
    authorize_url = "https://identity.example/authorize"
    client_id = "posting"
    authorize_params: dict[str, str] = {}

    async def get_token(self, code: str, url: str) -> str:
        return code

    async def get_user_info(self, token: str) -> tuple[dict[str, str], cl.User]:
        return {}, cl.User(identifier="posted@example.com")


providers.insert(0, PostingProvider())


@cl.set_chat_profiles
async def chat_profiles(user: cl.User | None, language: str | None) -> list[cl.ChatProfile]:
    named = ChainlitConfigOverrides(ui=UISettings(name=f"profile of {canary()}"))
    whose = f"{user.identifier if user else 'anyone'} reads {language}"
    return [
        cl.ChatProfile(name="plain", markdown_description=f"{canary()} for {whose}, {whispered()}", default=True),
        cl.ChatProfile(name="named", markdown_description=canary(), config_overrides=named),
    ]


@cl.set_starters
async def starters(user: cl.User | None, language: str | None) -> list[cl.Starter]:
    whose = f"{user.identifier if user else 'anyone'} reads {language}"
    return [cl.Starter(label=f"{canary()} for {whose}", message="name")]


@cl.on_shared_thread_view
async def may_view(thread: dict[str, Any], user: cl.User | None) -> bool:
    return bool((thread.get("metadata") or {}).get("is_shared"))


@cl.on_chat_resume
async def resume(thread: dict[str, Any]) -> None:
    cl.user_session.set("resumed", thread["id"])


@cl.on_feedback
async def note_feedback(feedback: Any) -> None:
    cl.user_session.set("feedback", (cl.user_session.get("feedback") or 0) + 1)


@cl.action_callback("peek")
async def peek(action: cl.Action) -> dict[str, Any]:
    return await state("")


@cl.on_message
async def on_message(message: cl.Message) -> None:
    command, _, argument = message.content.partition(" ")
    answer = await COMMANDS.get(command, state)(argument)
    await cl.Message(content=json.dumps(answer)).send()


async def state(_: str) -> dict[str, Any]:
    """Tell all that the session holds; what somebody else changed shows here."""
    session = cl.context.session
    layer = get_data_layer()
    thread = (await layer.get_thread(session.thread_id) if layer else None) or {}
    return {
        "canary": canary(),
        "name": config.ui.name,
        "remembered": cl.user_session.get("remembered"),
        "feedback": cl.user_session.get("feedback") or 0,
        "files": sorted(file["name"] for file in session.files.values()),
        "thread": thread.get("name"),
        "in": session.thread_id,
        "elements": len(thread.get("elements", ())),
        "rated": len([step for step in thread.get("steps", ()) if step.get("feedback")]),
        "planted": len([step for step in thread.get("steps", ()) if (step.get("output") or "").startswith("planted")]),
    }


async def history(_: str) -> list[str]:
    # Cut short: an answer that holds all earlier answers would double with each.
    return [message.content[:100] for message in cl.chat_context.get()[-50:]]


async def remember(value: str) -> str:
    cl.user_session.set("remembered", value)
    return value


@cl.cache
def computed(key: str) -> str:
    return f"{canary()} computed {key}"


async def cached(key: str) -> str:
    return computed(key)


async def environment(name: str) -> str | None:
    return os.environ.get(name)


async def write_environment(value: str) -> str:
    os.environ["WRITTEN"] = f"{canary()} {value}"
    return os.environ["WRITTEN"]


class Client:
    """What an app keeps a tenant: it knows the tenant's secret."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.secret = environment["CANARY"]


client = per_tenant(lambda tenant: Client(tenant.env)) if per_tenant is not None else None


async def resource(_: str) -> str | None:
    return client().secret if client is not None else None


async def requested(_: str) -> str:
    """Tell which host the chat's own request named, as the app sees it."""
    return current_request().headers["host"] if current_request is not None else ""


async def in_a_thread(name: str) -> str | None:
    return await cl.make_async(os.environ.get)(name)


async def signing_key(_: str) -> str | None:
    """Give away what tokens of this tenant are signed with, as an app might."""
    return get_jwt_secret()


async def attach(name: str) -> dict[str, str]:
    shown = cl.CustomElement(name="Card", props={"of": canary(), "by": name}, display="inline")
    file = cl.File(name=f"{name}.txt", content=f"{canary()} in a file".encode(), display="inline")
    await cl.Message(content=canary(), elements=[shown, file]).send()
    return {"element": shown.id, "file": file.chainlit_key or "", "document": file.id}


async def note(_: str) -> str:
    """Keep something of the person that is never said."""
    user = cl.user_session.get("user")
    cl.user_session.set("note", f"{canary()}+{user.identifier.partition('@')[0]}." if user else canary())
    return "noted"


async def addresses(_: str) -> list[str]:
    """Tell where the files of this conversation can be read."""
    thread = await get_data_layer().get_thread(cl.context.session.thread_id)
    return [element["url"] for element in (thread or {}).get("elements", ()) if element.get("objectKey")]


async def store(asked: str) -> str:
    """Call the data layer with what the page sent, as an app that trusts it would."""
    method, values = json.loads(asked)
    if method == "create_element":
        values = {"element": cl.CustomElement(display="inline", props={"of": "planted"}, **values)}
    await getattr(get_data_layer(), method)(**values)
    return method


async def offer(_: str) -> str:
    button = cl.Action(name="peek", payload={"of": canary()}, label="Peek")
    await cl.Message(content=canary(), actions=[button]).send()
    return button.id


async def broadcast(_: str) -> str:
    await sio.emit("window_message", canary())
    return "sent"


async def fail(_: str) -> None:
    raise RuntimeError(canary())


COMMANDS = {
    "addresses": addresses,
    "attach": attach,
    "broadcast": broadcast,
    "cached": cached,
    "env": environment,
    "fail": fail,
    "history": history,
    "note": note,
    "offer": offer,
    "key": signing_key,
    "remember": remember,
    "requested": requested,
    "resource": resource,
    "state": state,
    "store": store,
    "thread": in_a_thread,
    "write": write_environment,
}
