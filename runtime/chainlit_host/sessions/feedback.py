"""Whose a feedback is. Chainlit's data layers take any id from anybody, so it is asked of the threads people own.

A layer may keep no threads but only feedback. It can tell nobody's messages apart; then a chat that is going on in one
of the person's own sessions is enough. A layer that was seen to know one thread keeps them all: what it does not know
yet may be on its way, and is nobody's until it is there.
"""

from collections.abc import AsyncIterator, Iterable
from typing import Any
from weakref import WeakSet

from chainlit.data.base import BaseDataLayer
from chainlit.session import WebsocketSession
from chainlit.types import Feedback, Pagination, ThreadFilter
from chainlit.user import User

__all__ = ["may_rate", "may_take_back"]

THREADS_SEARCHED = 20
_keeping_threads: WeakSet[BaseDataLayer] = WeakSet()


async def may_rate(layer: BaseDataLayer, session: WebsocketSession, thread_id: str, feedback: Feedback) -> bool:
    """Say whether a message is one of a thread that is known to be the person's own, and the feedback its own."""
    thread = await _find(layer, thread_id)
    if thread is None:
        own = thread_id == session.thread_id and session.has_first_interaction
        return own and layer not in _keeping_threads
    given = {step["id"]: _feedback_id(step) for step in thread["steps"]}
    return feedback.forId in given and feedback.id in {None, given[feedback.forId]}


async def may_take_back(
    layer: BaseDataLayer, user: User | None, feedback_id: str, own: Iterable[WebsocketSession]
) -> bool:
    """Say whether a feedback was given in one of the threads of a person, whose live sessions are ``own``."""
    chats_unknown = False
    async for thread in _threads(layer, user, own):
        if thread is None:
            chats_unknown = True
        elif any(_feedback_id(step) == feedback_id for step in thread["steps"]):
            return True
    return chats_unknown and layer not in _keeping_threads


async def _threads(layer: BaseDataLayer, user: User | None, own: Iterable[WebsocketSession]) -> AsyncIterator[Any]:
    """Yield the threads that are open, None for each that the layer does not keep, then the last of the stored."""
    open_threads = [session.thread_id for session in own if session.has_first_interaction]
    for thread_id in open_threads:
        yield await _find(layer, thread_id)
    if (user_id := getattr(user, "id", None)) is not None:
        page = await layer.list_threads(Pagination(first=THREADS_SEARCHED), ThreadFilter(userId=user_id))
        for listed in page.data:
            if listed["id"] not in open_threads:
                yield await _find(layer, listed["id"])


async def _find(layer: BaseDataLayer, thread_id: str) -> Any:
    thread = await layer.get_thread(thread_id)
    if thread is not None:
        _keeping_threads.add(layer)
    return thread


def _feedback_id(step: Any) -> str | None:
    return (step.get("feedback") or {}).get("id")
