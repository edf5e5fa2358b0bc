"""A data layer in memory that trusts whoever calls it, as Chainlit's own do: every id is taken from anybody."""

from typing import Any
from uuid import uuid4

import chainlit as cl
from chainlit.data.base import BaseDataLayer
from chainlit.element import Element
from chainlit.types import Feedback, PageInfo, PaginatedResponse, Pagination, ThreadFilter


class MemoryLayer(BaseDataLayer):
    def __init__(self) -> None:
        self.users: dict[str, cl.PersistedUser] = {}
        self.threads: dict[str, dict[str, Any]] = {}
        self.elements: dict[str, dict[str, Any]] = {}
        self.favourites: dict[str, dict[str, Any]] = {}

    async def get_user(self, identifier: str) -> cl.PersistedUser | None:
        return self.users.get(identifier)

    async def create_user(self, user: cl.User) -> cl.PersistedUser:
        created = cl.PersistedUser(
            id=f"user-{len(self.users)}", createdAt="", identifier=user.identifier, metadata=user.metadata
        )
        return self.users.setdefault(user.identifier, created)

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        thread = self._thread(thread_id)
        if user_id is not None:
            author = next(user for user in self.users.values() if user.id == user_id)
            thread.update(userId=user_id, userIdentifier=author.identifier)
        given = {"name": name, "metadata": metadata, "tags": tags}
        thread.update({key: value for key, value in given.items() if value is not None})

    def _thread(self, thread_id: str) -> dict[str, Any]:
        empty = {"id": thread_id, "createdAt": "2026-01-01T00:00:00Z", "name": None, "userId": None}
        more = {"userIdentifier": None, "tags": [], "metadata": {}, "steps": [], "elements": []}
        return self.threads.setdefault(thread_id, {**empty, **more})

    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[Any]:
        data = [thread for thread in self.threads.values() if thread["userId"] == filters.userId]
        page = PageInfo(hasNextPage=False, startCursor=None, endCursor=None)
        return PaginatedResponse(data=data[-pagination.first :], pageInfo=page)

    async def get_thread(self, thread_id: str) -> dict[str, Any] | None:
        thread = self.threads.get(thread_id)
        if thread is None:
            return None
        elements = [each for each in self.elements.values() if each["threadId"] == thread_id]
        return {**thread, "elements": [{**each, "content": None} for each in elements]}

    async def get_thread_author(self, thread_id: str) -> str:
        thread = self.threads.get(thread_id)
        if thread is None:
            raise ValueError(f"Thread {thread_id} not found")
        return thread["userIdentifier"]

    async def delete_thread(self, thread_id: str) -> None:
        self.threads.pop(thread_id, None)

    async def create_step(self, step_dict: dict[str, Any]) -> None:
        steps = self._thread(step_dict["threadId"])["steps"]
        known = next((step for step in steps if step["id"] == step_dict["id"]), None)
        if known is None:
            steps.append(dict(step_dict))
        else:
            known.update(step_dict)

    update_step = create_step

    async def delete_step(self, step_id: str) -> None:
        for thread in self.threads.values():
            thread["steps"] = [step for step in thread["steps"] if step["id"] != step_id]

    async def upsert_feedback(self, feedback: Feedback) -> str:
        feedback_id = feedback.id or str(uuid4())
        for step in self._steps():
            if step["id"] == feedback.forId or (step.get("feedback") or {}).get("id") == feedback_id:
                step["feedback"] = {"id": feedback_id, "forId": step["id"], "value": feedback.value, "comment": None}
        return feedback_id

    async def delete_feedback(self, feedback_id: str) -> bool:
        for step in self._steps():
            if (step.get("feedback") or {}).get("id") == feedback_id:
                step["feedback"] = None
        return True

    def _steps(self) -> list[dict[str, Any]]:
        return [step for thread in self.threads.values() for step in thread["steps"]]

    async def create_element(self, element: Element) -> None:
        self.elements[element.id] = {**element.to_dict(), "content": getattr(element, "content", None)}

    async def get_element(self, thread_id: str, element_id: str) -> dict[str, Any] | None:
        element = self.elements.get(element_id)
        return element if element is not None and element["threadId"] == thread_id else None

    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None:
        self.elements.pop(element_id, None)

    async def get_favorite_steps(self, user_id: str) -> list[dict[str, Any]]:
        return [step for step in self.favourites.values() if step["userId"] == user_id]

    async def set_step_favorite(self, step_dict: dict[str, Any], favorite: bool) -> dict[str, Any]:
        step = {**step_dict, "metadata": {**(step_dict.get("metadata") or {}), "favorite": favorite}}
        self.favourites[step["id"]] = step
        return step

    async def build_debug_url(self) -> str:
        return ""

    async def close(self) -> None:
        self.threads.clear()
