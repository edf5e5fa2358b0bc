"""Groups of a tenant's directory as the runtime reads them."""

import asyncio

import psycopg
import pytest

from runtime.database import create_pool
from runtime.groups import DirectoryGroups
from tests.runtime.registry import make_state
from tests.runtime.shells import make_config
from tests.runtime.waiting import until

GROUP = "6f1c1f6e-95a6-4b7e-9c3e-0a2f4c1d2e3f"


@pytest.fixture
def state(committed_tenant):
    return make_state(id=str(committed_tenant.pk), schema=committed_tenant.schema_name)


@pytest.fixture
def owner(committed_tenant):
    return f"owner@{committed_tenant.slug}.example"


@pytest.fixture
async def pool(database_url):
    async with create_pool(make_config(database_url)) as pool:
        yield pool


@pytest.fixture
def directory(database_url, state, owner):
    """Put the owner into a group and take them out, as a directory does."""

    class Directory:
        def __init__(self, connection):
            self.connection = connection

        def add(self, name):
            self.connection.execute(
                "INSERT INTO identity_scimgroup (id, display_name, external_id, role, version, created_at, updated_at)"
                " VALUES (%s, %s, '', '', 1, now(), now())",
                (GROUP, name),
            )
            self.connection.execute(
                "INSERT INTO identity_scimgroup_members (scimgroup_id, member_id)"
                " SELECT %s, id FROM workspace_member WHERE email = %s",
                (GROUP, owner),
            )

        def empty(self):
            self.connection.execute("DELETE FROM identity_scimgroup_members")

    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f'SET search_path TO "{state.schema}"')
        yield Directory(connection)


async def test_a_members_groups_are_known_once_they_were_waited_for(pool, state, owner, directory):
    directory.add("Beta Testers")
    groups = DirectoryGroups(pool)
    await groups.refresh(state, owner)
    await groups.refresh(state, "stranger@example.com")
    assert groups.known(state, owner) == {"beta testers"}
    assert groups.known(state, "stranger@example.com") == frozenset()


async def test_another_tenants_person_of_the_same_address_has_none_of_them(pool, state, owner, directory):
    directory.add("Beta Testers")
    groups = DirectoryGroups(pool)
    await groups.refresh(state, owner)
    assert groups.known(make_state("globex"), owner) == frozenset()


async def test_what_is_old_is_read_anew_beside_the_answer(pool, state, owner, directory):
    directory.add("Beta Testers")
    groups = DirectoryGroups(pool, fresh_seconds=0)
    await groups.refresh(state, owner)
    directory.empty()
    assert groups.known(state, owner) == {"beta testers"}
    await until(lambda: groups.known(state, owner) == frozenset())


async def test_a_thread_is_given_what_is_known(pool, state, owner, directory):
    directory.add("Beta Testers")
    groups = DirectoryGroups(pool, fresh_seconds=0)
    await groups.refresh(state, owner)
    assert await asyncio.to_thread(groups.known, state, owner) == {"beta testers"}


async def test_a_database_that_does_not_answer_takes_nobody_out_of_a_group(database_url, state, owner, directory):
    directory.add("Beta Testers")
    async with create_pool(make_config(database_url)) as pool:
        groups = DirectoryGroups(pool, fresh_seconds=0)
        await groups.refresh(state, owner)
    await groups.refresh(state, owner)
    assert groups.known(state, owner) == {"beta testers"}
