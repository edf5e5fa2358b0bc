"""A prepared database is recognised, and anything that would change it makes it unprepared again."""

from pathlib import Path

import pytest

from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.postgres import Postgres
from controlplane.supervisor.preparation import is_marked, mark, preparation_mark
from controlplane.supervisor.processes import running


@pytest.fixture
def checkout(directory: Path) -> Path:
    """A checkout with one migration and one lock."""
    for name in ("tenants/registry/migrations/0001_initial.py", "requirements/base.txt"):
        path = directory / "checkout" / name
        path.parent.mkdir(parents=True)
        path.write_text("one")
    return directory / "checkout"


def test_the_mark_changes_with_migrations_packages_seed_and_passwords(checkout):
    told = {"DEMO_OPERATOR_PASSWORD": "one"}
    marks = [preparation_mark(checkout, told, key="key")]
    assert preparation_mark(checkout, told, key="key") == marks[0]
    marks.append(preparation_mark(checkout, {"DEMO_OPERATOR_PASSWORD": "two"}, key="key"))
    marks.append(preparation_mark(checkout, told, key="other"))
    (checkout / "requirements" / "base.txt").write_text("two")
    marks.append(preparation_mark(checkout, told, key="key"))
    (checkout / "tenants" / "registry" / "migrations" / "0002_more.py").write_text("one")
    marks.append(preparation_mark(checkout, told, key="key"))
    assert len(set(marks)) == len(marks)


def test_the_database_carries_the_mark(directory):
    postgres = Postgres(directory / "postgres", choose_port(), password="one", administrator_password="two")
    assert not is_marked(postgres.url, "prepared")
    with running(postgres.child(), log_directory=directory):
        assert not is_marked(postgres.url, "prepared")
        mark(postgres.url, "it's prepared")
        assert is_marked(postgres.url, "it's prepared")
        assert not is_marked(postgres.url, "otherwise prepared")


def test_a_database_that_cannot_be_marked_is_no_reason_to_fail():
    mark(f"postgresql://nobody:x@127.0.0.1:{choose_port()}/none", "prepared")
