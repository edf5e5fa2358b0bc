"""An app whose every hook asks for the request and the tenant, each in another of the ways that Python has."""

from __future__ import annotations

import functools
import json
import os
from typing import TYPE_CHECKING, Annotated, Any, Optional

import chainlit as cl
from chainlit.config import CodeSettings, config
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import Response

from runtime import NoRequestError, Tenant, current_request

if TYPE_CHECKING:
    import fastapi
    from starlette.requests import Request

SEEN: dict[Any, Any] = {}
GIVEN_TO = {
    "author_rename": ("author",),
    "header_auth_callback": ("headers",),
    "oauth_callback": ("provider", "token", "data", "user", "id_token"),
    "on_audio_chunk": ("chunk",),
    "on_chat_resume": ("thread",),
    "on_feedback": ("feedback",),
    "on_mcp_connect": ("connection", "session"),
    "on_mcp_disconnect": ("name", "session"),
    "on_message": ("message",),
    "on_settings_edit": ("settings",),
    "on_settings_update": ("settings",),
    "on_shared_thread_view": ("thread", "viewer"),
    "on_slack_reaction_added": ("event",),
    "on_window_message": ("data",),
    "password_auth_callback": ("username", "password"),
    "set_chat_profiles": ("user", "language"),
    "set_starter_categories": ("user", "language", "profile"),
    "set_starters": ("user", "language"),
}
"""What Chainlit gives to each hook."""


def tell(tenant: Tenant | None, request: Request | None, **given: Any) -> dict[str, Any]:
    return {
        "tenant": tenant.slug if tenant else None,
        "asker": request.headers.get("x-asker") if request else None,
        "given": {name: getattr(value, "content", value) for name, value in given.items()},
    }


def asking_for_both(field: str) -> Any:
    """Return a hook of plain functions' commonest shape: Chainlit's arguments, then what is asked for."""
    given = GIVEN_TO.get(field, ())
    names = ", ".join([*given, "request: Request", "tenant: Tenant"])
    passed = ", ".join([f"{name}={name}" for name in given])
    scope: dict[str, Any] = {**globals()}
    # A hook is a function with named parameters, so it is made of text.
    kind = "def" if field == "data_layer" else "async def"
    exec(f"{kind} {field}({names}): SEEN['called', tenant.slug] = tell(tenant, request, {passed})", scope)  # noqa: S102
    return scope[field]


def register_every_field() -> dict[str, Any]:
    """Register a hook for each field of Chainlit's settings of code, and take them out again."""
    cl.action_callback("every field")(asking_for_both("action_callbacks"))
    registered = {"action_callbacks": config.code.action_callbacks.pop("every field")}
    # Chainlit takes an OAuth callback only where a provider has a client.
    os.environ.update(OAUTH_GITHUB_CLIENT_ID="id", OAUTH_GITHUB_CLIENT_SECRET="secret")
    for field in sorted(set(CodeSettings.model_fields) - {"action_callbacks", "module"}):
        getattr(cl, field)(asking_for_both(field))
        registered[field] = getattr(config.code, field)
        setattr(config.code, field, None)
    return registered


REGISTERED = register_every_field()


def passing_through(function: Any) -> Any:
    @functools.wraps(function)
    async def through(*args: Any, **kwargs: Any) -> Any:
        return await function(*args, **kwargs)

    return through


async def rename(prefix: str, author: str, tenant: Tenant) -> str:
    return f"{prefix} {tenant.slug} {author}"


cl.author_rename(functools.partial(rename, "at"))


@cl.on_chat_start
async def start(request: fastapi.Request, tenant: Tenant) -> None:
    SEEN["on_chat_start", tenant.slug] = tell(tenant, request)


@cl.on_chat_end
def end(tenant: Tenant, *, request: HTTPConnection) -> None:
    print(f"ended {json.dumps(tell(tenant, request))}", flush=True)  # noqa: T201 - the test reads the log


@cl.set_chat_profiles
async def profiles(user: cl.User | None, tenant: Tenant, request: Request) -> list[cl.ChatProfile]:
    return [cl.ChatProfile(name=f"{tenant.slug} {request.headers.get('x-asker')}", markdown_description="")]


@cl.set_starters
@passing_through
async def starters(
    user: cl.User | None,
    request: Optional[Request],  # noqa: UP045 - an older way to say it
    language: str | None,
    *,
    tenant: Annotated[Tenant, "who"],
) -> list[cl.Starter]:
    return [cl.Starter(label=tenant.slug, message=f"{language} {request.headers.get('x-asker')}")]


class CheckHeader:
    async def check(self, tenant: Tenant, headers: Headers, request: Request) -> cl.User | None:
        name = headers.get("x-signed-in-as")
        return cl.User(identifier=f"{name}@{tenant.slug} {request.url.path}") if name else None


cl.header_auth_callback(CheckHeader().check)


@cl.password_auth_callback
async def check_password(request: Request, username: str, password: str, tenant: Tenant) -> cl.User | None:
    raw = len(await request.body())
    form = await request.form()
    return cl.User(identifier=f"{username}@{tenant.slug} {form.get('code')} {raw > len(password)}")


@cl.on_logout
def leave(tenant: Tenant, response: Response, request: Request) -> dict[str, Any]:
    response.headers["x-left"] = tenant.slug
    return tell(tenant, request)


@cl.on_app_startup
async def begin(tenant: Tenant, request: Request | None) -> None:
    SEEN["on_app_startup"] = [bool(tenant), request is None]


@cl.on_settings_update
async def settings(settings: dict[str, Any], request: Request, tenant: Tenant) -> None:
    await cl.Message(content=json.dumps(tell(tenant, request, settings=settings))).send()


@cl.action_callback("ask")
async def act(action: cl.Action, request: Request, tenant: Tenant) -> None:
    await cl.Message(content=json.dumps(tell(tenant, request, path=request.url.path, payload=action.payload))).send()


@cl.on_message
async def answer(request: Request, message: cl.Message, tenant: Tenant, unknown: Missing = None) -> None:  # noqa: F821
    command, _, field = message.content.partition(" ")
    match command:
        case "call":
            arguments = [f"{name} given" for name in GIVEN_TO.get(field, ())]
            if field == "on_logout":
                arguments = [request, None]
            if field == "on_message":
                arguments = [message]
            called = REGISTERED[field](*arguments)
            if called is not None:
                await called
            told = SEEN.pop(("called", tenant.slug))
        case "fields":
            told = sorted(REGISTERED)
        case "seen":
            told = SEEN.get((field, tenant.slug)) or SEEN.get(field)
        case "body":
            told = await body_of(request)
        case "headers":
            told = [f"{name}: {value}" for name, value in request.headers.items()] + [repr(request.scope)]
        case "request":
            told = {
                "method": request.method,
                "url": str(request.url),
                "cookie": request.cookies.get("flavour"),
                "client": request.client.host,
                "same": current_request().headers == request.headers,
            }
        case "button":
            actions = [cl.Action(name="ask", payload={"n": 1})]
            await cl.Message(content="press", actions=actions).send()
            return
    await cl.Message(content=json.dumps(told)).send()


async def body_of(request: Request) -> str:
    try:
        return (await request.body()).decode()
    except RuntimeError as error:
        return str(error)


try:
    current_request()
except NoRequestError as error:
    SEEN["import"] = str(error)
