"""Members are found in their own tenant's schema, and nowhere else."""

import uuid

import pytest

from runtime.database import create_pool
from runtime.members import MembersUnavailableError, PostgresMemberDirectory
from tenants.contract.errors import InvalidValueError
from tests.runtime.shells import make_config


@pytest.fixture
async def members(database_url):
    pool = create_pool(make_config(database_url, database_pool_size=1))
    await pool.open()
    yield PostgresMemberDirectory(pool)
    await pool.close()


async def test_a_member_is_found_by_address_in_any_case(members):
    member = await members.find_member("t_acme", " Owner@ACME.example")
    assert (member.email, member.role, member.is_active) == ("owner@acme.example", "owner", True)
    assert str(uuid.UUID(member.id)) == member.id
    assert "$" in member.password
    assert member.password not in repr(member)


async def test_a_member_of_one_tenant_is_nobody_in_another(members):
    assert await members.find_member("t_globex", "owner@acme.example") is None
    assert await members.find_member("t_acme", "owner@globex.example") is None


async def test_the_connection_keeps_nothing_of_the_last_tenant(members):
    assert await members.find_member("t_acme", "owner@acme.example")
    async with members._pool.connection() as connection:
        row = await (await connection.execute("SHOW search_path")).fetchone()
    assert "acme" not in row[0]


@pytest.mark.parametrize("schema", ["public", "acme, globex", 'acme"', "pg_catalog", "", "Acme"])
async def test_only_a_tenants_schema_is_looked_into(members, schema):
    with pytest.raises(InvalidValueError):
        await members.find_member(schema, "owner@acme.example")


@pytest.mark.parametrize("email", ["", "nobody@acme.example", "a\x00b", "' OR true --", "x" * 100_000])
async def test_an_address_of_nobody_finds_nobody(members, email):
    assert await members.find_member("t_acme", email) is None


async def test_a_schema_without_members_is_an_outage_and_not_an_empty_list(members):
    with pytest.raises(MembersUnavailableError):
        await members.find_member("t_nobody", "owner@acme.example")


async def test_a_database_that_is_away_is_said_to_be():
    pool = create_pool(make_config("postgresql://nobody@127.0.0.1:1/none"))
    await pool.open(wait=False)
    try:
        with pytest.raises(MembersUnavailableError):
            await PostgresMemberDirectory(pool).find_member("t_acme", "owner@acme.example")
    finally:
        await pool.close()
