"""One runtime process over a Postgres and a SeaweedFS of its own, with two tenants that keep their conversations."""

import asyncio
import json
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx
import psycopg
import pytest
from botocore.config import Config
from psycopg.rows import dict_row

from tenants.contract.secrets import SecretBox
from tests.clients.chainlit_client import ChainlitClient
from tests.runtime.chainlit_host.conftest import Process, Runtime, _end, _start
from tests.runtime.chainlit_host.history.servers import Service, create_tables, make_postgres, make_seaweedfs
from tests.runtime.chainlit_host.tenants_under_test import document, member_record
from tests.runtime.waiting import until

SCHEMAS = ("keeper_one", "keeper_two", "open_one", "open_two", "forgetful")
PEOPLE = ("ann@example.com", "bob@example.com")


@dataclass
class Keeping:
    """The running process with its services."""

    runtime: Runtime
    postgres: Service
    seaweedfs: Service

    @contextmanager
    def another_process(self, folder: Path) -> Iterator[tuple["Keeping", Process]]:
        """Run one more process over the same services, which the test may end."""
        runtime, process = _run(folder, self.postgres, self.seaweedfs)
        try:
            yield Keeping(runtime, self.postgres, self.seaweedfs), process
        finally:
            _end(process)

    def rows(self, slug: str, statement: str, *values: object) -> list[dict[str, Any]]:
        """Return what stands in a tenant's schema."""
        with psycopg.connect(self.postgres.service.url, autocommit=True, row_factory=dict_row) as connection:
            connection.execute(f'SET search_path TO "{slug.replace("-", "_")}"')
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def objects(self, prefix: str) -> list[str]:
        """Return the keys in the private bucket."""
        store = self.seaweedfs.service
        client = boto3.client(
            "s3",
            endpoint_url=store.endpoint_url,
            aws_access_key_id=store.access_key_id,
            aws_secret_access_key=store.secret_access_key,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        )
        listed = client.list_objects_v2(Bucket="assets-private", Prefix=prefix)
        client.close()
        return sorted(entry["Key"] for entry in listed.get("Contents", []))


@dataclass
class Person:
    """Somebody of a tenant: a browser with cookies, and chats that it opens."""

    keeping: Keeping
    slug: str
    email: str | None
    http: httpx.Client
    cookies: dict[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def chat(self, **options: Any) -> AsyncIterator[ChainlitClient]:
        """Open a page and wait until the app has greeted, or the conversation is there that is resumed."""
        async with self.keeping.runtime.chat(self.slug, cookies=self.cookies, **options) as chat:
            await until(lambda: _is_greeted(chat), within=20)
            yield chat

    def request(self, method: str, path: str, body: object = None) -> httpx.Response:
        return self.http.request(method, path, json=body)

    def threads(self, first: int = 50, cursor: str | None = None, **filters: Any) -> dict[str, Any]:
        answer = self.request(
            "POST", "/project/threads", {"pagination": {"first": first, "cursor": cursor}, "filter": filters}
        )
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def thread(self, thread_id: str) -> dict[str, Any]:
        answer = self.request("GET", f"/project/thread/{thread_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def tell(self, *messages: str) -> str:
        """Have a whole conversation and return its thread's id once all of it is stored."""
        async with self.chat() as chat:
            for message in messages:
                await chat.send(message)
            return await self.stored(chat, answers=len(messages))

    async def stored(self, chat: ChainlitClient, *, answers: int = 1) -> str:
        """Wait until that many answers of a chat are stored, and return its thread's id."""
        thread_id = await until(lambda: thread_of(chat), within=20)

        def all_there() -> bool:
            counted = self.keeping.rows(
                self.slug,
                'SELECT count(*) FROM "Step" WHERE "threadId" = %s AND type = \'run\' AND "endTime" IS NOT NULL',
                thread_id,
            )
            return bool(counted[0]["count"] >= answers)

        await until(all_there, within=20)
        return thread_id


def _is_greeted(chat: ChainlitClient) -> bool:
    # The greeting is a task of its own, whose end must not be taken for that of the first answer.
    events = [event for event, _ in chat.heard]
    return "resume_thread" in events or ("new_message" in events and events.count("task_end") > 1)


def thread_of(chat: ChainlitClient) -> str:
    """Return the thread that the page was told of, or nothing yet."""
    return next((str(data["thread_id"]) for event, data in reversed(chat.heard) if event == "first_interaction"), "")


def _documents(_: SecretBox) -> dict[str, dict[str, Any]]:
    kept: dict[str, Any] = {"app": "kept", "history": {"enabled": True}}
    return {
        "keeper-one": document(
            "keeper-one",
            hosts=["keeper-one.localhost", "www.keeper-one.localhost"],
            mode="members",
            features={"allow_thread_sharing": True, "favorites": True},
            **kept,
        ),
        "keeper-two": document("keeper-two", mode="members", features={"allow_thread_sharing": True}, **kept),
        "open-one": document("open-one", **kept),
        "open-two": document("open-two", **kept),
        "forgetful": document("forgetful", mode="members", app="kept"),
        "own-layer": document("own-layer", mode="members", app="stored", history={"enabled": True}),
    }


def _run(folder: Path, postgres: Service, seaweedfs: Service) -> tuple[Runtime, Process]:
    store = seaweedfs.service
    more = {
        "database_url": postgres.service.url,
        "object_store": {
            "endpoint_url": store.endpoint_url,
            "access_key_id": store.access_key_id,
            "secret_access_key": store.secret_access_key,
            "region": "us-east-1",
            "bucket": "assets-private",
        },
    }
    members = {schema: [member_record(email) for email in PEOPLE] for schema in (*SCHEMAS, "own_layer")}
    return _start(folder, make_documents=_documents, members_by_schema=members, more=more)


@pytest.fixture(scope="session")
def keeping(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Keeping]:
    """The process and its services; a test that stops a service starts it again."""
    folder = Path(tempfile.mkdtemp(prefix="chainlit-tenants-history-"))
    folder.chmod(0o711)  # Postgres' own user passes through
    postgres, seaweedfs = make_postgres(folder), make_seaweedfs(folder)
    postgres.start()
    seaweedfs.start()
    with django_db_blocker.unblock():
        create_tables(postgres.service.url, SCHEMAS)
    (folder / "runtime").mkdir()
    runtime, process = _run(folder / "runtime", postgres, seaweedfs)
    try:
        yield Keeping(runtime, postgres, seaweedfs)
        # Whatever the tests did: all of it was stored or refused, and nothing is tried for ever.
        asyncio.run(until(lambda: runtime.command("unsaved") == 0, within=30))
    finally:
        _end(process)
        postgres.stop()
        seaweedfs.stop()
        postgres.service.remove()
        shutil.rmtree(folder, ignore_errors=True)


PersonMaker = Callable[..., Person]


@pytest.fixture
async def person(keeping: Keeping) -> Any:
    """Make people who are signed in, or strangers where nobody signs in (``email`` None)."""
    async with AsyncExitStack() as stack:

        def make(slug: str = "keeper-one", email: str | None = "ann@example.com") -> Person:
            cookies = keeping.runtime.sign_in(slug, email) if email else {}
            cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
            http = stack.enter_context(keeping.runtime.client(slug, Cookie=cookie))
            return Person(keeping, slug, email, http, cookies)

        yield make


@pytest.fixture
def word() -> str:
    """Something that no other test says."""
    return f"word{secrets.token_hex(4)}"


async def call(chat: ChainlitClient, method: str, **arguments: Any) -> Any:
    """Call the tenant's data layer from inside a chat of the app."""
    reply = await chat.send("call " + json.dumps({"method": method, "args": arguments}))
    return json.loads(reply.text)
