"""The tables that the runtime writes without Django: defaults and cascades stand in the database."""

import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from tenants.registry.schema import tenant_schema


def _execute(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def _store_a_conversation():
    """Store one row of each table with nothing but what must be said; return the thread's id."""
    [(user,)] = _execute("INSERT INTO \"User\" (identifier) VALUES ('ann@example.com') RETURNING id")
    [(thread,)] = _execute('INSERT INTO "Thread" ("userId") VALUES (%s) RETURNING id', user)
    [(step,)] = _execute('INSERT INTO "Step" ("threadId", type) VALUES (%s, \'run\') RETURNING id', thread)
    _execute('INSERT INTO "Element" ("threadId", "stepId", name) VALUES (%s, %s, \'file\')', thread, step)
    _execute('INSERT INTO "Feedback" ("stepId", value) VALUES (%s, 1)', step)
    return thread


def _count(table):
    return _execute(f'SELECT count(*) FROM "{table}"')[0][0]


def test_what_is_not_said_has_a_default_in_the_database(acme):
    with tenant_schema(acme):
        thread = _store_a_conversation()

        assert _execute('SELECT metadata, tags, "deletedAt" FROM "Thread" WHERE id = %s', thread) == [("{}", [], None)]
        assert _execute('SELECT "isError", revision FROM "Step"') == [(False, None)]
        assert _execute("SELECT data_type FROM information_schema.columns WHERE table_schema = %s"
                        " AND table_name = 'Thread' AND column_name = 'updatedAt'", acme.schema_name) == [
            ("timestamp with time zone",)
        ]  # fmt: skip


@pytest.mark.parametrize("gone", ["User", "Thread"])
def test_everything_goes_with_its_owner_and_stays_in_the_other_tenant(acme, globex, gone):
    with tenant_schema(globex):
        _store_a_conversation()
    with tenant_schema(acme):
        _store_a_conversation()
        _execute(f'DELETE FROM "{gone}"')
        assert [_count(table) for table in ("Thread", "Step", "Element", "Feedback")] == [0, 0, 0, 0]
    with tenant_schema(globex):
        assert [_count(table) for table in ("Thread", "Step", "Element", "Feedback")] == [1, 1, 1, 1]


def test_a_step_needs_a_thread_and_takes_one_feedback(acme):
    with tenant_schema(acme):
        _store_a_conversation()
        [(step,)] = _execute('SELECT id FROM "Step"')
        for statement, value in (
            ('INSERT INTO "Step" ("threadId", type) VALUES (%s, \'run\')', uuid.uuid4()),
            ('INSERT INTO "Feedback" ("stepId", value) VALUES (%s, 0)', step),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                _execute(statement, value)
