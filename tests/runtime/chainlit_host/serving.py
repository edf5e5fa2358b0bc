"""A runtime process for tests: the Chainlit host under a real uvicorn, with tenants and members from a JSON file.

Run as ``python -m tests.runtime.chainlit_host.serving SETTINGS``. Chainlit is changed for the whole process, so tests
never install it in their own. The host name ``control`` takes commands: the test's stand-in for the listener.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import uvicorn

from runtime.chainlit_host import install
from runtime.config import RuntimeConfig
from runtime.database import create_pool
from runtime.http_protocol import HttpProtocol
from runtime.members import ListedMembers, MemberRecord, MembersUnavailableError
from runtime.metrics import RequestCounts
from runtime.middleware.edge import Edge
from runtime.object_store import ObjectStore, ObjectStoreConfig
from runtime.previews.frames import PreviewFrames
from runtime.published.files import PublishedFiles
from runtime.published.keys import PREFIX as PUBLISHED_FILES
from runtime.resources import resources
from runtime.services import Services
from runtime.tenancy import TenantHandle, bind_tenant
from runtime.tenant_redis import create_redis_pool
from runtime.usage import UsageCounter
from tenants.contract.internal import PasswordAttempt, SignInAnswer, SignOut
from tenants.contract.secrets import SecretBox
from tenants.contract.state import PublishedState, TenantState, decode_state
from tests.runtime.previews.drafts import MemoryPreviews


class Members:
    """Members of all schemas in memory; ``available`` is switched off to play a database that is down."""

    def __init__(self, records: dict[str, list[dict[str, Any]]]) -> None:
        self.available = True
        self.next = ""
        self.way_out = ""
        self.hangs = False
        self._records = records

    async def find_member(self, schema: str, email: str) -> MemberRecord | None:
        if not self.available:
            raise MembersUnavailableError
        found = [record for record in self._records.get(schema, []) if record["email"] == email.lower()]
        return MemberRecord(**found[0]) if found else None

    def update(self, schema: str, email: str, **values: Any) -> None:
        for record in self._records[schema]:
            if record["email"] == email:
                record.update(values)


class MembersOfFiles(ListedMembers):
    """Members in memory, whose control plane may ask for more than a password (``next``).

    A sign-out goes on by ``way_out``, which is never told where it ``hangs``.
    """

    def __init__(self, directory: Members) -> None:
        super().__init__(directory)
        self._directory: Members = directory

    async def sign_in(self, state: TenantState, attempt: PasswordAttempt) -> SignInAnswer:
        answer = await super().sign_in(state, attempt)
        wanted = self._directory.next
        return SignInAnswer(next=wanted) if wanted and answer.person is not None else answer

    async def sign_out(self, message: SignOut) -> str:
        if not self._directory.available:
            raise MembersUnavailableError
        if self._directory.hangs:
            await asyncio.Event().wait()
        return self._directory.way_out


class Shell:
    """Leads each host to its tenant and binds it, as the real shell does."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._box = SecretBox(settings["config"]["encryption_keys"])
        self.members = Members(settings["members"])
        self._by_host: dict[str, TenantHandle] = {}
        for document in settings["tenants"]:
            self.publish(1, decode_state(json.dumps(document)))
        self.host: Any = None
        self.drafts = MemoryPreviews()
        self.previews: Any = None
        self._ending: set[asyncio.Task[None]] = set()
        self.quick_routes: Any = None
        self.services = Services(members=MembersOfFiles(self.members))

    def serve(self, host: Any, master_secret: str) -> None:
        """Serve a host, with previews before it."""
        self.host, self.quick_routes = host, host.asgi._quick_routes
        self.previews = PreviewFrames(
            host.asgi,
            self.drafts,
            describe=host.describe,
            forget=self._forget_preview,
            master_secret=master_secret,
            secret_box=self._box,
        )

    def _forget_preview(self, handle: TenantHandle) -> None:
        resources.forget(handle.partition)
        task = asyncio.get_running_loop().create_task(self.host.close_preview(handle))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _take_preview(self, command: dict[str, Any]) -> None:
        """Keep a preview, or end the one that is named, to the last socket."""
        if "row" in command:
            self.drafts.keep(command["row"])
        else:
            self.drafts.drop(command["tenant_id"], command["digest"])
            await self.previews.review()
            await asyncio.gather(*self._ending)

    def publish(self, revision: int, state: TenantState) -> None:
        published = PublishedState(revision=revision, checksum="", state=state)
        handle = self._by_host.get(state.hosts[0])
        if handle is None:
            handle = TenantHandle(published, self._box)
            for host in state.hosts:
                self._by_host[host] = handle
        else:
            handle.replace(published)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        host = dict(scope["headers"]).get(b"host", b"").decode().partition(":")[0]
        if host == "control":
            await self._control(scope, receive, send)
            return
        handle = self._by_host[host]
        scope["tenant"] = handle
        app = self.services.published if scope["path"].startswith(PUBLISHED_FILES) else self.previews
        with bind_tenant(handle):
            await app(scope, receive, send)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        await receive()
        if self.services.pool is not None:
            await self.services.pool.open(wait=False)
        await self.host.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.host.stop()
        if self.services.pool is not None:
            await self.services.pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _control(self, scope: Any, receive: Any, send: Any) -> None:
        command = json.loads((await receive())["body"])
        answer: Any = None
        match command.pop("command"):
            case "publish":
                self.publish(command["revision"], decode_state(json.dumps(command["state"])))
            case "close":
                await self.host.close_tenant(command["tenant_id"], keep_pages=True)
            case "close_ended":
                await self.host.close_ended(command["tenant_id"])
            case "preview":
                await self._take_preview(command)
            case "members_available":
                self.members.available = command["available"]
            case "ask_for_more":
                self.members.next = command["next"]
            case "lead_on":
                self.members.way_out, self.members.hangs = command["way"], command["hangs"]
            case "quick_routes":
                # Without them every request goes to Chainlit's own routes.
                self.host.asgi._quick_routes = self.quick_routes if command["on"] else type(self.quick_routes)()
            case "update_member":
                self.members.update(command.pop("schema"), command.pop("email"), **command)
            case "unsaved":
                answer = self.host.unsaved_writes
            case "usage":
                answer = self._usage_of(command["tenant_id"])
            case "report":
                answer = {
                    "loaded": sorted(self.host.loaded_apps),
                    "broken": dict(self.host.broken_apps),
                    "open_transports": self.host.open_transports,
                }
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _usage_of(self, tenant_id: str) -> dict[str, Any]:
        """Return what was counted for a tenant; nobody stores it here."""
        counted = [counts for (counted_id, _), counts in self.services.usage._counts.items() if counted_id == tenant_id]
        return {
            "messages": sum(counts.messages for counts in counted),
            "people": sum(len(counts.people) for counts in counted),
            "errors": sum(counts.errors for counts in counted),
            "answers": sum(sum(counts.answers) for counts in counted),
            "tokens": [counts.tokens for counts in counted if counts.tokens],
        }


def make_config(values: dict[str, Any]) -> RuntimeConfig:
    """Return settings from a test's JSON."""
    folders = {name: Path(values[name]) for name in ("apps_dir", "data_dir")}
    stores = {name: ObjectStoreConfig(**values[name]) for name in ("object_store", "public_store") if name in values}
    return RuntimeConfig(**{**values, **folders, **stores})


def make_services(config: RuntimeConfig, members: Members) -> Services:
    """Return what is there: a database and a file store where the settings name them."""
    return Services(
        members=MembersOfFiles(members),
        pool=create_pool(config) if config.database_url else None,
        objects=ObjectStore(config.object_store) if config.object_store is not None else None,
        redis=create_redis_pool(config),
        usage=UsageCounter(config.master_secret),
        published=PublishedFiles(ObjectStore(config.public_store) if config.public_store is not None else None),
    )


def main(path: Path) -> None:
    settings = json.loads(path.read_text(encoding="utf-8"))
    shell = Shell(settings)
    config = make_config(settings["config"])
    shell.services = make_services(config, shell.members)
    shell.serve(install(config, shell.services), config.master_secret)
    server = uvicorn.Server(
        uvicorn.Config(
            Edge(shell, counts=RequestCounts()),
            host="127.0.0.1",
            port=settings["port"],
            ws="websockets-sansio",
            http=HttpProtocol,
            log_level="warning",
        )
    )
    asyncio.run(server.serve())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
