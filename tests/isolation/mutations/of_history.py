"""Guards of the conversations that the platform keeps, and of stored and published files."""

from typing import Any

from tests.isolation.mutations.registry import without

REMOVAL = '($2::uuid IS NOT NULL AND "userId" = $2)', "($2::uuid IS NULL OR true)"
AUTHOR = '"userId" IS NOT DISTINCT FROM'


@without("the tenant's schema in each transaction", "thread", "stored file", "favourites", "look")
def forget_the_schema() -> None:
    from runtime.chainlit_host.history import database

    class Forgetful:
        """A connection that does not say whose transaction it is."""

        def __init__(self, connection: Any) -> None:
            self._connection = connection

        def __getattr__(self, name: str) -> Any:
            return getattr(self._connection, name)

        async def execute(self, query: Any, *values: Any) -> None:
            assert "search_path" in query

    fetch_all = database.HistoryDatabase._fetch_all

    async def fetch_anywhere(self: Any, schema: str, statements: Any) -> Any:
        pool = self._pool

        class Pool:
            max_size = pool.max_size

            @staticmethod
            def connection() -> Any:
                from contextlib import asynccontextmanager

                @asynccontextmanager
                async def forgetful() -> Any:
                    async with pool.connection() as connection:
                        yield Forgetful(connection)

                return forgetful()

        self._pool = Pool
        try:
            return await fetch_all(self, schema, statements)
        finally:
            self._pool = pool

    database.HistoryDatabase._fetch_all = fetch_anywhere


def _rewrite(statement: str, old: str, new: str) -> None:
    """Change a statement, which must hold what is to be taken out."""
    from runtime.chainlit_host.history import statements

    text = getattr(statements, statement)
    assert old in text, (statement, old)
    setattr(statements, statement, text.replace(old, new))


@without("people see their own conversations", "thread")
def list_threads_of_anybody() -> None:
    _rewrite("THREADS", '($1::uuid IS NULL OR t."userId" = $1)', '($1::uuid IS NULL OR t."userId" IS NOT NULL)')


@without("an element is read with its conversation", "thread")
def read_any_element() -> None:
    _rewrite("ELEMENT", '"threadId" = $2', "$2::uuid IS NOT NULL")


@without("people see their own favourites", "favourites")
def show_favourites_of_anybody() -> None:
    _rewrite("FAVOURITES", 't."userId" = $1', "$1::uuid IS NOT NULL")


@without("people mark their own messages", "forge")
def mark_any_message() -> None:
    _rewrite("SET_FAVOURITE", '"userId" = $2', "$2::uuid IS NOT NULL")


@without("a message stays in its conversation", "forge")
def overwrite_any_message() -> None:
    _rewrite("CREATE_STEP", 'WHERE "Step"."threadId" = EXCLUDED."threadId"', "")


@without("an element stays in its conversation", "misuse")
def overwrite_any_element() -> None:
    _rewrite("CREATE_ELEMENT", 'WHERE "Element"."threadId" = EXCLUDED."threadId"', "")


@without("a conversation is written by its own", "misuse")
def write_into_any_thread() -> None:
    for statement in ("CREATE_STEP", "CREATE_ELEMENT", "OWN_THREAD"):
        _rewrite(statement, f'"Thread".{AUTHOR} EXCLUDED."userId"', "true")
        _rewrite(statement, f"{AUTHOR} $2::uuid", "$2::uuid IS NOT NULL")


@without("a conversation is named by its own", "misuse")
def name_any_thread() -> None:
    _rewrite("UPDATE_THREAD", f'"Thread".{AUTHOR} EXCLUDED."userId"', "true")


@without("messages are removed by their own", "misuse")
def remove_any_message() -> None:
    _rewrite("DELETE_STEP", *REMOVAL)


@without("elements are removed by their own", "misuse")
def remove_any_element() -> None:
    _rewrite("DELETE_ELEMENT", *REMOVAL)


@without("where nobody signs in a chat writes its own conversation", "misuse")
def write_for_anybody() -> None:
    from runtime.chainlit_host.history import layer

    write = layer.TenantDataLayer._write

    async def write_anywhere(self: Any, kind: str, thread_id: str, store: Any, *, what: str) -> None:
        session = layer._session()
        await write(self, kind, thread_id if session is None else session.thread_id, store, what=what)

    layer.TenantDataLayer._write = write_anywhere


@without("a chat takes up one's own conversation", "resume")
def take_up_any_thread() -> None:
    _believe("is_own_thread")


@without("stored messages are rated by their reader", "feedback")
def rate_any_stored_message() -> None:
    _believe("may_rate")


@without("stored ratings are taken back by their giver", "feedback")
def take_back_any_stored_rating() -> None:
    _believe("may_take_back")


def _believe(name: str) -> None:
    from runtime.chainlit_host.history.layer import TenantDataLayer

    async def believe(*_: object) -> bool:
        return True

    setattr(TenantDataLayer, name, believe)


@without("a shared conversation shows what was said", "shared")
def show_all_of_a_shared_thread() -> None:
    from runtime.chainlit_host import server

    server.showing_what_was_said = lambda route: route


@without("the signature of a file's address", "stored file")
def read_any_address() -> None:
    from runtime.chainlit_host.history import files

    files.hmac = type("hmac", (), {**vars(files.hmac), "compare_digest": staticmethod(lambda *_: True)})


@without("a file's address says what it is for", "stored file")
def sign_the_path_alone() -> None:
    from runtime.chainlit_host.history import files
    from tenants.contract import stored_files

    sign = stored_files.file_signature
    for module in (stored_files, files):
        module.file_signature = lambda key, path, until, mime, name: sign(key, path, 0, "", "")


@without("the end of a file's address", "stored file")
def read_old_addresses() -> None:
    from runtime.chainlit_host.history import files

    class Standing:
        """A clock that stands still, long ago."""

        time = staticmethod(lambda: 0.0)

    files.time = Standing


@without("a key of files for each tenant", "stored file")
def seal_addresses_with_one_key() -> None:
    _derive_files_key(lambda tenant_id, epoch: ("everybody", epoch))


@without("the epoch in the key of files", "stored file")
def read_addresses_from_before_a_sign_out() -> None:
    _derive_files_key(lambda tenant_id, epoch: (tenant_id, max(0, epoch - 1)))


def _derive_files_key(chosen: Any) -> None:
    from tenants.contract import stored_files

    derive = stored_files.derive_key

    def derive_key(master: str, *, purpose: str, tenant_id: str, epoch: int) -> str:
        of, at = chosen(tenant_id, epoch)
        return derive(master, purpose=purpose, tenant_id=of, epoch=at)

    stored_files.derive_key = derive_key


@without("a published file is on its tenant's hosts alone", "published file")
def publish_on_every_host() -> None:
    from runtime.published import files, keys

    def any_key(path: str, tenant_id: str) -> Any:
        return keys.key_of_path(path, path.removeprefix(keys.PREFIX).partition("/")[0])

    files.key_of_path = any_key
