"""An app that tells what it sees: each message is a command whose answer a test compares."""

import asyncio
import json
import os
import subprocess
import sys
import threading

import chainlit as cl
from chainlit.config import config
from chainlit.user_session import user_sessions

from runtime import Tenant, per_tenant, tenant

os.environ["PROBE_SET_AT_IMPORT"] = "by the probe"
SEEN_AT_IMPORT = os.environ.get("PROBE_SET_AT_IMPORT")
PRINT_ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)))"


@cl.set_chat_profiles
async def chat_profiles(user: cl.User | None, language: str | None) -> list[cl.ChatProfile]:
    renamed = {"ui": {"name": "Renamed by a profile"}}
    return [
        cl.ChatProfile(name="plain", markdown_description=tenant.flag("greeting", ""), default=True),
        cl.ChatProfile(name="renamed", markdown_description="", config_overrides=overrides(renamed)),
        cl.ChatProfile(name="unusable", markdown_description="", config_overrides="not settings at all"),
    ]


def overrides(values: dict) -> object:
    from chainlit.config import ChainlitConfigOverrides, UISettings

    return ChainlitConfigOverrides(ui=UISettings(**values["ui"]))


@cl.password_auth_callback
async def anyone(username: str, password: str) -> cl.User | None:
    """The app's own sign-in, which a tenant's access policy must not offer."""
    return cl.User(identifier=username)


@cl.action_callback("count")
async def count(action: cl.Action) -> str:
    return "counted"


@cl.on_message
async def on_message(message: cl.Message) -> None:
    command, _, argument = message.content.partition(" ")
    answer = await COMMANDS[command](argument)
    await cl.Message(content=json.dumps(answer)).send()


async def environment(name: str) -> object:
    await asyncio.sleep(0.01)
    loop = asyncio.get_running_loop()
    return {
        "get": os.environ.get(name),
        "getenv": os.getenv(name),
        "in": name in os.environ,
        "iterated": name in set(os.environ),
        "copied": os.environ.copy().get(name),
        "to_thread": await asyncio.to_thread(os.environ.get, name),
        "executor": await loop.run_in_executor(None, os.environ.get, name),
        "make_async": await cl.make_async(os.environ.get)(name),
    }


async def child_environment(name: str) -> object:
    run = [sys.executable, "-c", PRINT_ENVIRONMENT]
    started = {
        "inherited": await asyncio.to_thread(subprocess.check_output, run),
        "copied": await asyncio.to_thread(lambda: subprocess.check_output(run, env=os.environ.copy())),
        "extended": await asyncio.to_thread(lambda: subprocess.check_output(run, env={**os.environ, "MORE": "1"})),
    }
    process = await asyncio.create_subprocess_exec(*run, env=dict(os.environ), stdout=asyncio.subprocess.PIPE)
    started["asyncio"] = (await process.communicate())[0]
    return {way: json.loads(output).get(name) for way, output in started.items()}


async def set_environment(argument: str) -> object:
    name, _, value = argument.partition(" ")
    os.environ[name] = value
    return os.environ[name]


async def remember(value: str) -> object:
    cl.user_session.set("remembered", value)
    return value


async def recall(_: str) -> object:
    return {"remembered": cl.user_session.get("remembered"), "messages": len(cl.chat_context.get())}


async def linger(name: str) -> object:
    """Go on after the session has ended, write as if it had not, then say so in the environment."""
    session = cl.context.session

    async def write_late() -> None:
        while user_sessions.get(session.id) is not None:  # noqa: ASYNC110 - Chainlit tells nobody of a session's end
            await asyncio.sleep(0.05)
        cl.user_session.set("remembered", "by a task of long ago")
        cl.chat_context.add(cl.Message(content="of long ago"))
        os.environ[name] = "written"

    cl.user_session.set("remembered", "now")
    LINGERING.append(asyncio.create_task(write_late()))
    return "lingering"


async def name(_: str) -> object:
    return config.ui.name


async def who(_: str) -> object:
    user = cl.user_session.get("user")
    return None if user is None else {"identifier": user.identifier, "role": user.metadata.get("role")}


async def flag(name: str) -> object:
    """Tell what a flag is worth here, in a thread, and for a person who is named."""
    evaluation = tenant.evaluate_flag(name)
    named = cl.User(identifier="bob@example.com", metadata={"role": "owner"})
    return {
        "value": tenant.flags.get(name),
        "in a thread": await asyncio.to_thread(tenant.flag, name, None),
        "for an owner": tenant.flag(name, None, user=named),
        "why": evaluation and [evaluation.variant, evaluation.reason, evaluation.rule],
    }


@cl.cache
def cached(key: str) -> str:
    return os.environ.get("CANARY", "no canary")


async def from_cache(key: str) -> object:
    return cached(key)


async def fail(text: str) -> object:
    raise RuntimeError(f"the secret is {text}")


async def files_folder(_: str) -> object:
    return str(cl.context.session.files_dir)


RELEASED = threading.Event()
MORE_THAN_THERE_ARE = 64


async def occupy_threads(_: str) -> object:
    """Let whatever needs a thread wait until they are released."""
    RELEASED.clear()
    for _number in range(MORE_THAN_THERE_ARE):
        asyncio.get_running_loop().run_in_executor(None, RELEASED.wait)
    return "occupied"


async def release_threads(_: str) -> object:
    RELEASED.set()
    return "released"


LINGERING: list[asyncio.Task[None]] = []


class Client:
    def __init__(self, tenant: Tenant) -> None:
        self.built_for, self.key = tenant.slug, tenant.env.get("CANARY")

    async def aclose(self) -> None:
        print(f"closed the client of {self.built_for}", flush=True)  # noqa: T201 - the test reads the log


async def connect(tenant: Tenant) -> Client:
    await asyncio.sleep(0.01)
    return Client(tenant)


client = per_tenant(connect)


async def ask_client(_: str) -> object:
    mine = await client()
    return {"for": mine.built_for, "key": mine.key, "id": id(mine)}


async def remember_in_redis(value: str) -> object:
    before = await tenant.redis.get("remembered")
    await tenant.redis.set("remembered", value)
    return {"before": before and before.decode(), "keys": [key.decode() for key in await tenant.redis.keys("*")]}


async def use_tokens(number: str) -> object:
    tenant.usage.record(tokens=int(number), model="a model")
    await asyncio.to_thread(tenant.usage.record, tokens=int(number))
    return "recorded"


COMMANDS = {
    "redis": remember_in_redis,
    "client": ask_client,
    "cached": from_cache,
    "child": child_environment,
    "env": environment,
    "fail": fail,
    "files": files_folder,
    "flag": flag,
    "linger": linger,
    "name": name,
    "occupy": occupy_threads,
    "recall": recall,
    "release": release_threads,
    "remember": remember,
    "set": set_environment,
    "tokens": use_tokens,
    "who": who,
}
