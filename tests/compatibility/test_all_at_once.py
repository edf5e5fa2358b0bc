"""Fifty and more tenants of all apps in one process, spoken to at the same time over Socket.IO."""

import asyncio
from uuid import uuid4

import pytest
from socketio.exceptions import ConnectionError as SocketConnectionError

from tests.clients.chainlit_client import ChainlitClient
from tests.compatibility.scenarios import SCENARIOS
from tests.compatibility.tenants import other_slug, tenants

pytestmark = pytest.mark.timeout(180)

TALKATIVE = [scenario for scenario in SCENARIOS.values() if scenario.says is not None]


def chat(server, slug, **options):
    host = f"{slug}.localhost:{server.port}"
    return ChainlitClient(f"http://127.0.0.1:{server.port}", host_header=host, timeout=60, **options)


def heard(reply):
    return "\n".join(message.output for message in reply.messages)


def test_one_process_serves_more_than_fifty_tenants_of_all_apps(runtime_server, services):
    served = tenants(services)
    assert len(served) >= 50
    report = runtime_server.report()
    assert (report["loaded"], report["broken"]) == (sorted(SCENARIOS), {})

    for tenant in served:
        page = runtime_server.request("GET", "/", host=f"{tenant['slug']}.localhost")
        assert page.status_code == 200
        assert f"<title>{tenant['branding']['display_name']}</title>" in page.text


async def test_all_apps_talk_at_the_same_time_each_as_if_alone(runtime_server):
    async def talk(scenario, slug):
        async with chat(runtime_server, slug) as client:
            # A greeting that the app still writes may end the first turn before its answer.
            return "\n".join([heard(await client.send(scenario.says)) for _ in range(3)])

    slugs = {slug: scenario for scenario in TALKATIVE for slug in (scenario.slug, other_slug(scenario))}
    assert len(slugs) >= 50
    answers = await asyncio.gather(*(talk(scenario, slug) for slug, scenario in slugs.items()))

    for (slug, scenario), answer in zip(slugs.items(), answers, strict=True):
        assert scenario.hears in answer, slug
        assert [other.app for other in TALKATIVE if other.app != scenario.app and other.hears in answer] == [], slug


async def test_a_person_whose_connection_broke_goes_on_where_they_were(runtime_server):
    session_id = str(uuid4())
    async with chat(runtime_server, "editing", session_id=session_id) as client:
        assert heard(await client.send("one")) == "editing remembers: one"
    async with chat(runtime_server, "editing", session_id=session_id) as client:
        assert heard(await client.send("two")) == "editing remembers: one, two"
    # The same id at another tenant of the same app is nobody's.
    async with chat(runtime_server, "editing-two", session_id=session_id) as client:
        assert heard(await client.send("three")) == "editing remembers: three"


@pytest.mark.parametrize(
    ("user_env", "reason"),
    [
        ("{}", "Missing user environment variables"),
        ('{"SHELF_KEY": "1"}', "Missing user environment variable: LAMP_KEY"),
    ],
)
async def test_a_socket_without_a_persons_own_key_is_refused_by_its_name(runtime_server, user_env, reason):
    with pytest.raises(SocketConnectionError, match=reason):
        await chat(runtime_server, "user-keys", user_env=user_env).connect()


async def test_a_profiles_settings_reach_neither_the_next_profile_nor_another_tenant(runtime_server):
    async def asked(slug, profile):
        async with chat(runtime_server, slug, chat_profile=profile) as client:
            return heard(await client.send("who are you?"))

    asking = [("chat-profiles", "Poet"), ("chat-profiles", "Clerk"), ("chat-profiles-two", "Clerk")] * 5
    answers = await asyncio.gather(*(asked(slug, profile) for slug, profile in asking))

    expected = [
        "Poet is Poetical Assistant, editing False, uploads False, tools ['muse']",
        "Clerk is Profiles, editing True, uploads None, tools []",
        "Clerk is Two of chat_profiles, editing True, uploads None, tools []",
    ] * 5
    assert answers == [f"chat_profiles: {answer}" for answer in expected]
