"""Chainlit's official data layer on the tenant's own schema.

``execute_query`` goes to the one pool of the process. What stays Chainlit's is its shape, ``get_user`` and
``get_step``; the rest is overridden because the official method

- spends two to four statements where one does (``create_step``, ``create_element``, ``update_thread``),
- writes what anybody names: a step, element or thread of somebody else is overwritten by its id,
- loses tags, languages, commands, players, times of begin and end, and whatever is set back to empty,
- invents empty steps for parents that come later, and stores times without their zone,
- gives a step as many feedbacks as are sent, and then lists the step as many times,
- leaves files behind when a step is deleted, and lets an answer still being written bring a deleted thread back,
- pages by a time stamp that a deleted thread takes with it, and ignores the filter by feedback.

Within a chat, writes go through the ``Outbox`` and return once they were tried; everywhere else they raise.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog
from chainlit.context import context_var
from chainlit.data.chainlit_data_layer import ChainlitDataLayer
from chainlit.data.utils import queue_until_user_message
from chainlit.element import Element, ElementDict
from chainlit.session import BaseSession
from chainlit.step import StepDict
from chainlit.types import Feedback, PaginatedResponse, Pagination, ThreadDict, ThreadFilter
from chainlit.user import PersistedUser, User

from runtime.chainlit_host.history import statements as sql
from runtime.chainlit_host.history.content import Content
from runtime.chainlit_host.history.database import HistoryDatabase, Row, Statement
from runtime.chainlit_host.history.files import TenantFiles
from runtime.chainlit_host.history.notices import SessionTeller
from runtime.chainlit_host.history.outbox import Lane, Outbox, WriteRefusedError, captured
from runtime.chainlit_host.history.paging import LARGEST_PAGE, page_of, read_cursor, search_pattern
from runtime.chainlit_host.history.rows import (
    element_of,
    element_values,
    is_uuid,
    step_of,
    step_values,
    stored_json,
    stored_text,
    thread_of,
)
from runtime.tenancy import TenantHandle

__all__ = ["TenantDataLayer"]

log = structlog.get_logger(__name__)

LONGEST_NAME = 255
WITHOUT_CONTENT = frozenset({"custom"})
"""Elements whose content is their ``props``, which are stored with the row."""


class TenantDataLayer(ChainlitDataLayer):
    """Conversations of one tenant. It holds nothing of its own, so it may be made anew at any time."""

    def __init__(
        self, handle: TenantHandle, database: HistoryDatabase, outbox: Outbox, files: TenantFiles | None
    ) -> None:
        super().__init__(database_url="", storage_client=files)
        self._handle = handle
        self._database = database
        self._outbox = outbox
        self._files = files

    async def execute_query(self, query: str, params: dict[str, Any] | None = None) -> list[Row]:
        """Run one statement with ``$1`` placeholders in the tenant's schema."""
        return await self._fetch(query, *(params or {}).values())

    async def _fetch(self, statement: str, *values: Any) -> list[Row]:
        return await self._database.fetch(self._handle.state.schema, statement, values)

    async def connect(self) -> None:
        """Nothing to do: the pool is the process's."""

    async def cleanup(self) -> None:
        """Nothing to do, as above."""

    async def close(self) -> None:
        """Nothing to do, as above."""

    async def get_current_timestamp(self) -> datetime:
        """Return now, with its zone."""
        return datetime.now(UTC)

    async def create_user(self, user: User) -> PersistedUser | None:
        """Store who signed in, or what the sign-in says of them now."""
        [row] = await self._fetch(sql.UPSERT_USER, user.identifier, stored_json(user.metadata))
        return PersistedUser(
            id=row["id"],
            identifier=row["identifier"],
            createdAt=row["createdAt"].isoformat(),
            metadata=json.loads(row["metadata"]),
        )

    # Steps

    @queue_until_user_message()  # type: ignore[no-untyped-call, untyped-decorator]  # Chainlit's is untyped, here and below
    async def create_step(self, step_dict: StepDict) -> None:
        """Store a step, or its newer form. It keeps the revision under which it was stored first."""
        thread_id = step_dict.get("threadId") or ""
        revision = self._handle.revision
        # Read now: the app goes on and may change what it gave.
        values = captured(step_values, step_dict)

        async def store(owner: str | None) -> None:
            await self._insert(sql.CREATE_STEP, thread_id, owner, (*values(), revision))

        await self._write("conversation", thread_id, store, what=f"step {step_dict['id']}")

    @queue_until_user_message()  # type: ignore[no-untyped-call, untyped-decorator]  # as above
    async def update_step(self, step_dict: StepDict) -> None:
        """Store a step's newer form."""
        await self.create_step(step_dict)

    @queue_until_user_message()  # type: ignore[no-untyped-call, untyped-decorator]  # as above
    async def delete_step(self, step_id: str) -> None:
        """Remove a step of the person's own, with what is below it and its files."""
        session = _session()
        thread_id = _thread_id_of(session)

        async def remove(owner: str | None) -> None:
            for row in await self._fetch(sql.DELETE_STEP, thread_id or None, owner, step_id):
                self._remove_file_later(session, thread_id, row["objectKey"])

        if is_uuid(step_id):
            await self._write("conversation", thread_id, remove, what=f"deletion of step {step_id}")

    async def get_favorite_steps(self, user_id: str) -> list[StepDict]:
        """Return the messages that a person keeps for reuse, the newest first."""
        if not is_uuid(user_id):
            return []
        return [step_of(row) for row in await self._fetch(sql.FAVOURITES, user_id)]

    async def set_step_favorite(self, step_dict: StepDict, favorite: bool) -> StepDict:
        """Mark a message of the person's own, and nothing else of it: the given step may be an old form."""
        owner = await self.owner_of(_session())
        stored = is_uuid(step_dict["id"]) and await self._fetch(sql.SET_FAVOURITE, step_dict["id"], owner, favorite)
        if stored:
            step_dict["metadata"] = {**(step_dict.get("metadata") or {}), "favorite": favorite}
        return step_dict

    def _convert_step_row_to_dict(self, row: Row) -> StepDict:
        return step_of(row)

    # Elements

    @queue_until_user_message()  # type: ignore[no-untyped-call, untyped-decorator]  # as above
    async def create_element(self, element: Element) -> None:
        """Store an element with its content, or its newer form."""
        thread_id = element.thread_id
        # As in the official layer: a task list, which belongs to no message, is not kept.
        if not element.for_id:
            return
        key = None
        if self._files is not None and element.type not in WITHOUT_CONTENT and (element.path or element.content):
            key = self._files.key(thread_id, element.id)
        session = _session()
        # The file is opened now: it goes with its session, which may end before its turn comes.
        content = Content.of(element) if key is not None else None
        values = captured(element_values, element, key)
        mime = element.mime or "application/octet-stream"

        async def store(owner: str | None) -> None:
            if content is not None and key is not None and self._files is not None:
                # Owned first: nothing is put below a thread of somebody else.
                await self._own_thread(thread_id, owner)
                await content.put(self._files, key, mime)
            try:
                await self._insert(sql.CREATE_ELEMENT, thread_id, owner, values())
            except WriteRefusedError:
                self._remove_file_later(session, thread_id, key)
                raise
            if content is not None:
                content.close()

        await self._write("files", thread_id, store, what=f"element {element.id}")

    @queue_until_user_message()  # type: ignore[no-untyped-call, untyped-decorator]  # as above
    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None:
        """Remove an element of the person's own, with its content."""
        own_thread_id = _thread_id_of(_session()) or thread_id or ""

        async def remove(owner: str | None) -> None:
            for row in await self._fetch(sql.DELETE_ELEMENT, own_thread_id or None, owner, element_id):
                if row["objectKey"] and self._files is not None:
                    await self._files.remove(row["objectKey"])

        if is_uuid(element_id):
            await self._write("files", own_thread_id, remove, what=f"deletion of element {element_id}")

    async def get_element(self, thread_id: str, element_id: str) -> ElementDict | None:
        """Return an element of a thread, with an address for its content."""
        if not (is_uuid(thread_id) and is_uuid(element_id)):
            return None
        rows = await self._fetch(sql.ELEMENT, element_id, thread_id)
        return self._element(rows[0]) if rows else None

    def _element(self, row: Row) -> ElementDict:
        url = row["url"]
        if row["objectKey"] and self._files is not None:
            url = self._files.address(row["objectKey"], mime=row["mime"] or "", name=row["name"])
        return element_of(row, url)

    def _remove_file_later(self, session: BaseSession | None, thread_id: str, key: str | None) -> None:
        if key is None or self._files is None:
            return
        files, lane = self._files, Lane(self._handle.state.id, "files", thread_id)
        teller = SessionTeller(session, "files")
        self._outbox.begin(lane, lambda: files.remove(key), what=f"deletion of {key}", teller=teller)

    # Threads

    async def get_thread_author(self, thread_id: str) -> str:
        """Return the identifier of a thread's person, or nothing where there is no thread or nobody's."""
        rows = await self._fetch(sql.THREAD, thread_id) if is_uuid(thread_id) else []
        return (rows[0]["userIdentifier"] or "") if rows else ""

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        """Return a thread with its steps in order, their feedback, and its elements."""
        if not is_uuid(thread_id):
            return None
        queries: list[Statement] = [
            (statement, (thread_id,)) for statement in (sql.THREAD, sql.STEPS_OF_THREAD, sql.ELEMENTS_OF_THREAD)
        ]
        threads, steps, elements = await self._database.fetch_all(self._handle.state.schema, *queries)
        if not threads:
            return None
        return thread_of(
            threads[0],
            created=threads[0]["createdAt"],
            steps=[step_of(row) for row in steps],
            elements=[self._element(row) for row in elements],
        )

    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[ThreadDict]:
        """Return a page of threads, the one in which something was said last first, without steps and elements.

        The search looks at names and at what was said. ``createdAt`` is when something was said last, as in the
        official layer: the page groups by it.
        """
        if filters.userId is not None and not is_uuid(filters.userId):
            return page_of([], more=False)
        first = max(1, min(pagination.first, LARGEST_PAGE))
        pattern = search_pattern(filters.search)
        values = (filters.userId, *read_cursor(pagination.cursor), pattern, filters.feedback, first + 1)
        rows = await self._fetch(sql.THREADS, *values)
        return page_of(rows[:first], more=len(rows) > first)

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        """Set what is given of a thread, making it where it is new; a None in ``metadata`` takes a key out of it."""
        metadata = metadata or {}
        name = stored_text(name if name is not None else metadata.get("name"))
        kept = {key: value for key, value in metadata.items() if value is not None}
        dropped = [key for key, value in metadata.items() if value is None]
        kept_tags = None if tags is None else [stored_text(tag) for tag in tags]
        values = (name[:LONGEST_NAME] if name is not None else None, kept_tags, stored_json(kept), dropped)
        within_a_chat = _session() is not None

        async def store(owner: str | None) -> None:
            thread_user = owner if within_a_chat else user_id
            rows = await self._fetch(sql.UPDATE_THREAD, thread_id, thread_user, *values, not within_a_chat)
            if not rows:
                raise await self._refusal(thread_id)

        await self._write("conversation", thread_id, store, what=f"thread {thread_id}")

    async def delete_thread(self, thread_id: str) -> None:
        """Remove a thread with all that was said and its files; an empty row stays, see the model.

        Files go first: if one cannot be removed nothing is, and the person can try again.
        """
        if not is_uuid(thread_id):
            return
        if self._files is not None:
            for row in await self._fetch(sql.FILES_OF_THREAD, thread_id):
                await self._files.remove(row["objectKey"])
        statements: list[Statement] = [(statement, (thread_id,)) for statement in sql.DELETE_THREAD]
        await self._database.fetch_all(self._handle.state.schema, *statements)

    # Feedback

    async def upsert_feedback(self, feedback: Feedback) -> str:
        """Set the one feedback of a message and return its id; raises ``ValueError`` where there is no such message."""
        comment = stored_text(feedback.comment)
        rows = (
            await self._fetch(sql.UPSERT_FEEDBACK, feedback.forId, float(feedback.value), comment)
            if is_uuid(feedback.forId)
            else []
        )
        if not rows:
            raise ValueError("There is no such message.")
        return str(rows[0]["id"])

    async def delete_feedback(self, feedback_id: str) -> bool:
        """Remove a feedback; says whether there was one."""
        return is_uuid(feedback_id) and bool(await self._fetch(sql.DELETE_FEEDBACK, feedback_id))

    async def may_rate(self, user: User | None, own_thread_id: str | None, step_id: str) -> bool:
        """Say whether a message is in a thread of a person, or in the one that their own chat has open."""
        return await self._is_own(sql.STEP_OWNER, step_id, user, own_thread_id)

    async def may_take_back(self, user: User | None, feedback_id: str) -> bool:
        """Say whether a feedback was given in a thread of a person; where nobody signs in, its id is the proof."""
        return await self._is_own(sql.FEEDBACK_OWNER, feedback_id, user, None)

    async def is_own_thread(self, user: User | None, thread_id: str) -> bool:
        """Say whether a thread is stored as a person's own."""
        return user is not None and await self.get_thread_author(thread_id) == user.identifier

    async def _is_own(self, statement: str, key: str, user: User | None, own_thread_id: str | None) -> bool:
        rows = await self._fetch(statement, key) if is_uuid(key) else []
        if not rows:
            return False
        if user is None:
            return rows[0]["userId"] is None and own_thread_id in {None, rows[0]["threadId"]}
        return rows[0]["userId"] is not None and rows[0]["userId"] == await self._user_id(user)

    # Writing

    async def _write(
        self, kind: str, thread_id: str, store: Callable[[str | None], Awaitable[None]], *, what: str
    ) -> None:
        session = _session()

        async def run() -> None:
            try:
                await store(await self.owner_of(session))
            except (psycopg.DataError, psycopg.IntegrityError, ValueError, TypeError) as error:
                raise WriteRefusedError(str(error)) from error

        if session is None:
            try:
                await run()
            except WriteRefusedError as error:
                if not error.silent:
                    raise
        elif session.user is None and thread_id != session.thread_id:
            # Where nobody signs in a thread is known by its id alone, so only the session's own is written.
            log.warning("conversation_write_refused", what=what)
        else:
            lane = Lane(self._handle.state.id, kind, thread_id)
            await self._outbox.write(lane, run, what=what, teller=SessionTeller(session, kind))

    async def _insert(self, statement: str, thread_id: str, owner: str | None, values: tuple[Any, ...]) -> None:
        if not await self._fetch(statement, thread_id, owner, *values):
            raise await self._refusal(thread_id)

    async def _own_thread(self, thread_id: str, owner: str | None) -> None:
        if not await self._fetch(sql.OWN_THREAD, thread_id, owner):
            raise await self._refusal(thread_id)

    async def _refusal(self, thread_id: str) -> WriteRefusedError:
        deleted = bool(await self._fetch(sql.IS_DELETED, thread_id))
        reason = "the conversation was deleted" if deleted else "it belongs to another conversation or person"
        return WriteRefusedError(reason, silent=deleted)

    async def owner_of(self, session: BaseSession | None) -> str | None:
        """Return the stored id of a session's person, None where nobody signed in."""
        if session is None or session.user is None:
            return None
        if not isinstance(session.user, PersistedUser):
            # They signed in or connected while the database was away, or before conversations were kept.
            session.user = await self._stored_user(session.user)
        return session.user.id

    async def _user_id(self, user: User) -> str:
        return user.id if isinstance(user, PersistedUser) else (await self._stored_user(user)).id

    async def _stored_user(self, user: User) -> PersistedUser:
        stored = await self.get_user(user.identifier) or await self.create_user(user)
        assert stored is not None  # noqa: S101 - ours returns one or raises; the signature is Chainlit's
        stored.display_name = user.display_name
        stored.metadata = {**stored.metadata, **user.metadata}
        return stored


def _session() -> BaseSession | None:
    context = context_var.get(None)
    return None if context is None else context.session


def _thread_id_of(session: BaseSession | None) -> str:
    return "" if session is None else session.thread_id
