"""Postgres fails while tenants are served: what is known serves on for its time, and all comes back by itself."""

import secrets
from contextlib import ExitStack, contextmanager

import pytest
import structlog

from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.postgres import Postgres
from controlplane.supervisor.processes import running
from runtime.database import connection_parameters
from tests.runtime.registry import Registry
from tests.runtime.shells import make_config, running_shell
from tests.runtime.state.parts import running_parts
from tests.runtime.unreliable import Wire, create_registry_tables
from tests.runtime.waiting import until

pytestmark = pytest.mark.faults


class Server:
    """A Postgres of one test, to be stopped and started."""

    def __init__(self, directory):
        self.directory = directory
        self.postgres = Postgres(
            directory=directory / "data",
            port=choose_port(set()),
            password=secrets.token_hex(8),
            administrator_password=secrets.token_hex(8),
        )
        self._process = ExitStack()

    def start(self):
        self._process.enter_context(running(self.postgres.child(), log_directory=self.directory))

    def stop(self):
        self._process.close()

    @contextmanager
    def registry(self):
        """A registry whose rows go with the server."""
        registry = Registry(self.postgres.url)
        try:
            yield registry
        finally:
            registry.connection.close()


@pytest.fixture
def server(tmp_path, django_db_setup, django_db_blocker):
    server = Server(tmp_path)
    server.start()
    with django_db_blocker.unblock():
        create_registry_tables(server.postgres.url)
    yield server
    server.stop()
    server.postgres.remove()


async def test_a_stopped_database_leaves_loaded_tenants_served_and_says_so_once(server):
    with server.registry() as registry:
        acme, globex, unseen = registry.add("acme"), registry.add("globex"), registry.add("unseen")
    async with running_shell(make_config(server.postgres.url)) as shell:
        for state in (acme, globex):
            assert (await shell.get(state.hosts[0])).status_code == 200
        with structlog.testing.capture_logs() as lines:
            server.stop()
            await until(_not(_listening, shell))
            for state in (acme, globex) * 10:
                assert (await shell.get(state.hosts[0])).json()["slug"] == state.slug
        assert [line["event"] for line in lines].count("serving_last_known_states") == 1
        assert (await shell.get(unseen.hosts[0])).status_code == 503
        assert (await shell.metric("chainlit_tenants_state_stale"), (await shell.ready())["states"]) == (1, "stale")
        assert (await shell.internal.get("/readyz")).status_code == 200

        server.start()
        await until(lambda: _listening(shell), within=15)
        assert await shell.metric("chainlit_tenants_state_stale") == 0
        with server.registry() as registry:
            registry.rename(acme, "Acme again")
        await until(lambda: _is_named(shell, acme, "Acme again"))
        assert (await shell.get(unseen.hosts[0])).status_code == 200


async def test_after_the_limit_nothing_unconfirmed_is_served(server):
    with server.registry() as registry:
        acme = registry.add("acme")
    async with running_shell(make_config(server.postgres.url, stale_limit_seconds=0.5)) as shell:
        assert (await shell.get(acme.hosts[0])).status_code == 200
        server.stop()
        answer = await until(lambda: _unavailable(shell, acme), within=10)
        assert answer.json()["code"] == "state_unavailable"
        assert answer.headers["retry-after"]
        assert (await shell.internal.get("/readyz")).status_code == 503
        assert (await shell.internal.get("/healthz")).status_code == 200
        server.start()
        await until(lambda: _is_named(shell, acme, acme.branding.display_name), within=15)


async def test_the_runtime_starts_without_a_database_and_serves_when_it_is_there(server):
    with server.registry() as registry:
        acme = registry.add("acme")
    server.stop()
    async with running_shell(make_config(server.postgres.url), wait_until_listening=False) as shell:
        assert (await shell.get(acme.hosts[0])).status_code == 503
        assert (await shell.internal.get("/readyz")).status_code == 503
        server.start()
        await until(lambda: _is_named(shell, acme, acme.branding.display_name), within=15)
        await until(lambda: _listening(shell), within=15)


async def test_a_line_that_is_cut_is_open_again_within_seconds(shell, registry):
    acme = registry.add("acme")
    assert await shell.name_of(acme.hosts[0]) == acme.branding.display_name
    registry.rename(acme, "Nobody heard", notify=False)
    cut = registry.connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
        (connection_parameters()["application_name"],),
    ).fetchall()
    assert len(cut) >= 2
    await until(lambda: _is_named(shell, acme, "Nobody heard"))
    await until(lambda: _listening(shell))
    registry.rename(acme, "Heard again")
    await until(lambda: _is_named(shell, acme, "Heard again"), within=1.0)


async def test_a_silent_wire_is_noticed_and_requests_do_not_hang_on_it(database_url, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    wire = Wire(database_url)
    async with (
        wire.open() as url,
        running_parts(url, answer_seconds=0.2, heartbeat_seconds=0.1) as parts,
    ):
        handles = [await parts.resolver.resolve(state.hosts[0]) for state in (acme, globex)]
        wire.fall_silent()
        await until(lambda: not parts.freshness.listening, within=2.0)
        registry.rename(acme, "Acme Rockets")
        assert [await parts.resolver.resolve(state.hosts[0]) for state in (acme, globex)] == handles
        assert parts.freshness.stale
        wire.speak_again()
        await until(lambda: handles[0].state.branding.display_name == "Acme Rockets", within=15)
        await until(lambda: parts.freshness.listening and not parts.freshness.stale)


async def _listening(shell):
    return (await shell.ready())["listening"]


def _not(condition, shell):
    async def negated():
        return not await condition(shell)

    return negated


async def _is_named(shell, state, name):
    return await shell.name_of(state.hosts[0]) == name


async def _unavailable(shell, state):
    answer = await shell.get(state.hosts[0])
    return answer if answer.status_code == 503 else None
