"""An app with its own data layer, which keeps threads in memory, and with hooks for its start and end."""

from typing import Any

import chainlit as cl
from chainlit.data.base import BaseDataLayer
from chainlit.types import PageInfo, PaginatedResponse

HOOKS: list[str] = []
LAYERS: list["MemoryLayer"] = []


class MemoryLayer(BaseDataLayer):
    def __init__(self) -> None:
        LAYERS.append(self)
        self.users: dict[str, cl.PersistedUser] = {}
        self.threads: dict[str, dict[str, Any]] = {}

    async def get_user(self, identifier: str) -> cl.PersistedUser | None:
        return self.users.get(identifier)

    async def create_user(self, user: cl.User) -> cl.PersistedUser:
        created = cl.PersistedUser(id=user.identifier, createdAt="", identifier=user.identifier, metadata=user.metadata)
        return self.users.setdefault(user.identifier, created)

    async def update_thread(self, thread_id: str, name: str | None = None, **_: Any) -> None:
        thread = self.threads.setdefault(thread_id, {"id": thread_id, "steps": [], "name": None, "metadata": {}})
        thread["name"] = name or thread["name"]

    async def list_threads(self, pagination: Any, filters: Any) -> PaginatedResponse:
        data = list(self.threads.values())
        return PaginatedResponse(data=data, pageInfo=PageInfo(hasNextPage=False, startCursor=None, endCursor=None))

    async def get_thread(self, thread_id: str) -> dict[str, Any] | None:
        return self.threads.get(thread_id)

    async def nothing(self, *_: Any, **__: Any) -> None:
        return None

    async def build_debug_url(self) -> str:
        return ""

    async def get_thread_author(self, thread_id: str) -> str:
        return "ann@example.com"

    delete_feedback = upsert_feedback = create_element = get_element = delete_element = nothing
    create_step = update_step = delete_step = delete_thread = get_favorite_steps = close = nothing


@cl.data_layer
def data_layer() -> MemoryLayer:
    return MemoryLayer()


@cl.on_app_startup
async def started() -> None:
    HOOKS.append("started")


@cl.on_app_shutdown
async def stopped() -> None:
    print("the stored app was stopped", flush=True)  # noqa: T201 - the test reads it in the log of the process


@cl.on_message
async def on_message(message: cl.Message) -> None:
    await cl.Message(content=f"{HOOKS} {len(LAYERS)}").send()
