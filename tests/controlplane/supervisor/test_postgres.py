"""The embedded PostgreSQL: who may connect, who it runs as, and how it comes back."""

import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg
import pytest

from controlplane.supervisor import postgres as module
from controlplane.supervisor.errors import StartError
from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.postgres import Postgres, reaches
from controlplane.supervisor.processes import running
from tests.controlplane.supervisor.waiting import wait_until

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")


@pytest.fixture
def postgres(directory: Path) -> Postgres:
    """A server that has not been started yet."""
    return Postgres(
        directory=directory / "postgres", port=choose_port(), password="right", administrator_password="secret"
    )


def test_it_starts_on_loopback_refuses_a_wrong_password_and_stops(postgres, directory):
    with running(postgres.child(), log_directory=directory) as processes:
        with psycopg.connect(postgres.url) as connection:
            assert connection.execute("SELECT current_user, current_database()").fetchone() == (
                "chainlit_tenants",
                "chainlit_tenants",
            )
            superuser = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
            assert connection.execute(superuser).fetchone() == (False,)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(postgres.url.replace("right", "wrong"))
        server = psutil.Process(processes["postgres"].pid)
        listening = {c.laddr.ip for c in server.net_connections() if c.status == psutil.CONN_LISTEN}
        assert listening == {"127.0.0.1"}
    assert not psutil.pid_exists(server.pid)


@only_root
def test_root_runs_it_as_nobody(postgres, directory):
    with running(postgres.child(), log_directory=directory) as processes:
        assert psutil.Process(processes["postgres"].pid).username() == "nobody"


def test_text_is_utf8_and_lower_case_works_beyond_ascii(postgres, directory):
    with running(postgres.child(), log_directory=directory), psycopg.connect(postgres.url) as connection:
        assert connection.execute("SELECT lower('ÄÉЖ'), current_setting('server_encoding')").fetchone() == (
            "äéж",
            "UTF8",
        )


def test_data_survives_a_killed_server_and_its_stale_lock(postgres, directory):
    with running(postgres.child(), log_directory=directory) as processes:
        with psycopg.connect(postgres.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        processes["postgres"].send_signal(signal.SIGKILL)
    # The number in the lock now belongs to another living process, as happens after a container starts again.
    lock = postgres.cluster / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n" + lock.read_text().split("\n", 1)[1])
    with running(postgres.child(), log_directory=directory), psycopg.connect(postgres.url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_a_server_left_behind_is_stopped_before_the_next_one_starts(postgres, directory):
    with running(postgres.child(), log_directory=directory) as left_behind:
        successor = replace(postgres, port=choose_port({postgres.port}))
        with running(successor.child(), log_directory=directory), psycopg.connect(successor.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        wait_until(lambda: left_behind["postgres"].poll() is not None)


def test_data_made_with_another_password_is_named(postgres, directory):
    with running(postgres.child(), log_directory=directory):
        pass
    other = replace(postgres, administrator_password="another")
    with (
        pytest.raises(StartError, match=r"put back the secrets\.json"),
        running(other.child(), log_directory=directory),
    ):
        pass


def test_data_of_another_major_version_is_named(postgres, directory):
    with running(postgres.child(), log_directory=directory):
        pass
    (postgres.cluster / "PG_VERSION").write_text("12\n")
    with pytest.raises(StartError, match="made by PostgreSQL 12, but this one is"):
        postgres.child().prepare()


def test_an_interrupted_initdb_leaves_no_half_database(postgres, directory):
    (postgres.directory / "cluster.draft").mkdir(parents=True)
    (postgres.directory / "cluster.draft" / "PG_VERSION").write_text("18\n")
    with running(postgres.child(), log_directory=directory), psycopg.connect(postgres.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_missing_programs_are_named(postgres, directory):
    with pytest.raises(StartError, match=r"The program of PostgreSQL is missing .*nowhere/postgres"):
        replace(postgres, program_directory=directory / "nowhere").child()


@only_root
def test_programs_and_data_in_private_directories_move_to_where_the_server_reaches_them(
    postgres, directory, monkeypatch
):
    private = directory / "private"
    private.mkdir(mode=0o700)
    package = module._embedded_programs().parents[1]
    shutil.copytree(package.with_name(f"{package.name}.libs"), private / f"{package.name}.libs")
    shutil.copytree(package / "pginstall", private / package.name / "pginstall")
    monkeypatch.setattr(module, "_embedded_programs", lambda: private / package.name / "pginstall" / "bin")
    monkeypatch.setattr(module, "SHARED_HOME", directory / "shared")
    hidden = replace(postgres, directory=private / "postgres")

    with running(hidden.child(), log_directory=directory), psycopg.connect(hidden.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    assert hidden.home.is_relative_to(directory / "shared")
    assert (hidden.home / "programs" / package.name / "pginstall" / "bin" / "postgres").exists()
    hidden.remove()
    assert not hidden.home.exists()


@only_root
def test_reaching_a_path_takes_every_directory_on_the_way(directory):
    (directory / "open").mkdir(mode=0o755)
    (directory / "closed").mkdir(mode=0o700)
    assert reaches("nobody", directory / "open" / "not" / "there" / "yet")
    assert not reaches("nobody", directory / "closed" / "not" / "there" / "yet")
