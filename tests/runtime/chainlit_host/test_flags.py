"""Flags in a chat: each is worth what its rules say of the person whom the hook runs for."""

import json

from tenants.contract.flag_evaluation import rollout_place

GERMAN = {"Accept-Language": "de-AT,en;q=0.5"}


async def ask(chat, name):
    return json.loads((await chat.send(f"flag {name}")).text)


async def test_two_people_of_a_tenant_each_get_their_own(runtime):
    ann, bob = (runtime.sign_in("flagged", email) for email in ("ann@example.com", "bob@example.com"))
    async with runtime.chat("flagged", cookies=ann) as anns, runtime.chat("flagged", cookies=bob) as bobs:
        told = [await ask(chat, "for_ann") for chat in (anns, bobs)]
        greetings = [(await ask(chat, "greeting"))["value"] for chat in (anns, bobs)]

    assert [answer["value"] for answer in told] == [answer["in a thread"] for answer in told] == [True, False]
    assert [answer["why"] for answer in told] == [["on", "TARGETING_MATCH", 1], ["off", "DEFAULT", 0]]
    assert greetings == ["Dear Ann", "Hello"]


async def test_the_share_of_a_member_is_their_addresss(runtime):
    async with runtime.chat("flagged", cookies=runtime.sign_in("flagged")) as chat:
        told = [await ask(chat, "for_half") for _ in range(2)]
    expected = rollout_place("for_half", "ann@example.com") < 5000
    assert [answer["value"] for answer in told] == [expected, expected]


async def test_somebody_whom_the_app_names_is_evaluated_by_what_is_known_of_them(runtime):
    async with runtime.chat("flagged", cookies=runtime.sign_in("flagged")) as chat:
        told = await ask(chat, "for_owners")
    assert (told["value"], told["for an owner"]) == (False, True)


async def test_where_nobody_signs_in_there_is_nobody_to_target_and_no_role_to_claim(runtime):
    async with runtime.chat("flagged-open") as chat:
        told = {name: await ask(chat, name) for name in ("plain", "for_ann", "for_owners", "greeting", "absent")}
    values = {name: answer["value"] for name, answer in told.items()}
    assert values == {"plain": True, "for_ann": False, "for_owners": False, "greeting": "Hello", "absent": None}
    assert told["for_owners"]["for an owner"] is False
    assert told["absent"]["why"] is None


async def test_a_rule_for_a_locale_reads_what_the_browser_asks_for(runtime):
    async with (
        runtime.chat("flagged-open", headers=GERMAN) as german,
        runtime.chat("flagged-open", headers={"Accept-Language": "de-CH"}) as swiss,
    ):
        assert (await ask(german, "for_austria"))["value"] is True
        assert (await ask(swiss, "for_austria"))["value"] is False


def test_a_hook_that_a_request_calls_knows_the_person_of_the_request(runtime):
    def profile(cookies):
        with runtime.client("flagged") as client:
            client.cookies.update(cookies)
            profiles = client.get("/project/settings?language=en-US").json()["chatProfiles"]
        return profiles[0]["markdown_description"]

    ann, bob = (runtime.sign_in("flagged", email) for email in ("ann@example.com", "bob@example.com"))
    assert [profile(ann), profile(bob)] == ["Dear Ann", "Hello"]


async def test_a_new_rule_counts_for_the_next_message_of_an_open_chat(runtime):
    async with runtime.chat("changing") as chat:
        assert (await ask(chat, "late"))["value"] is None
        runtime.publish("changing", flags={"late": {"rules": [{"variant": "on"}]}})
        assert (await ask(chat, "late"))["value"] is True
