"""A data layer that keeps everything in memory."""

from typing import Any

import chainlit as cl
from chainlit.data.base import BaseDataLayer
from chainlit.types import Feedback, PageInfo, PaginatedResponse, Pagination, ThreadFilter


class Memory(BaseDataLayer):
    def __init__(self) -> None:
        self.users: dict[str, cl.PersistedUser] = {}
        self.threads: dict[str, dict[str, Any]] = {}
        self.steps: dict[str, dict[str, Any]] = {}
        self.feedback: dict[str, Feedback] = {}

    async def get_user(self, identifier: str) -> cl.PersistedUser | None:
        return self.users.get(identifier)

    async def create_user(self, user: cl.User) -> cl.PersistedUser:
        kept = cl.PersistedUser(
            id=f"id of {user.identifier}", createdAt="2026-01-01T00:00:00Z", identifier=user.identifier,
            metadata=user.metadata,
        )  # fmt: skip
        return self.users.setdefault(user.identifier, kept)

    async def update_thread(
        self, thread_id: str, name: str | None = None, user_id: str | None = None,
        metadata: dict | None = None, tags: list[str] | None = None,
    ) -> None:  # fmt: skip
        thread = self.threads.setdefault(
            thread_id, {"id": thread_id, "createdAt": "2026-01-01T00:00:00Z", "name": None, "metadata": {}, "tags": []}
        )
        if name:
            thread["name"] = name
        if user_id:
            owner = next(user for user in self.users.values() if user.id == user_id)
            thread |= {"userId": user_id, "userIdentifier": owner.identifier}
        thread["metadata"] = {**thread["metadata"], **(metadata or {})}
        thread["tags"] = tags or thread["tags"]

    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse:
        found = [thread for thread in self.threads.values() if thread.get("userId") == filters.userId]
        if filters.search:
            found = [thread for thread in found if filters.search in (thread["name"] or "")]
        return PaginatedResponse(
            data=[await self.get_thread(thread["id"]) for thread in found],
            pageInfo=PageInfo(hasNextPage=False, startCursor=None, endCursor=None),
        )

    async def get_thread(self, thread_id: str) -> dict[str, Any] | None:
        if thread_id not in self.threads:
            return None
        steps = [step for step in self.steps.values() if step["threadId"] == thread_id]
        for step in steps:
            given = self.feedback.get(step["id"])
            step["feedback"] = given and {"id": given.id, "forId": given.forId, "value": given.value}
        return {**self.threads[thread_id], "steps": steps, "elements": []}

    async def get_thread_author(self, thread_id: str) -> str:
        return self.threads[thread_id].get("userIdentifier", "")

    async def delete_thread(self, thread_id: str) -> None:
        self.threads.pop(thread_id, None)

    async def create_step(self, step_dict: dict[str, Any]) -> None:
        self.steps[step_dict["id"]] = {**self.steps.get(step_dict["id"], {}), **step_dict}

    update_step = create_step

    async def delete_step(self, step_id: str) -> None:
        self.steps.pop(step_id, None)

    async def upsert_feedback(self, feedback: Feedback) -> str:
        feedback.id = feedback.id or f"feedback for {feedback.forId}"
        self.feedback[feedback.forId] = feedback
        return feedback.id

    async def delete_feedback(self, feedback_id: str) -> bool:
        self.feedback = {key: given for key, given in self.feedback.items() if given.id != feedback_id}
        return True

    async def get_favorite_steps(self, user_id: str) -> list[dict[str, Any]]:
        mine = {thread["id"] for thread in self.threads.values() if thread.get("userId") == user_id}
        return [
            step
            for step in self.steps.values()
            if step["threadId"] in mine and (step.get("metadata") or {}).get("favorite")
        ]

    async def set_step_favorite(self, step_dict: dict[str, Any], favorite: bool) -> dict[str, Any]:
        step = self.steps[step_dict["id"]]
        step["metadata"] = {**(step.get("metadata") or {}), "favorite": favorite}
        return step

    async def build_debug_url(self) -> str:
        return ""

    async def nothing(self, *_: Any, **__: Any) -> None:
        return None

    create_element = get_element = delete_element = close = nothing
