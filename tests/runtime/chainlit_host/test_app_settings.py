"""An app's own settings in chats: each tenant's are its own, and a new revision counts for the next message."""


async def test_two_tenants_of_an_app_each_have_their_own_settings(runtime):
    async with runtime.chat("chosen-one") as one, runtime.chat("chosen-two") as two:
        answers = [(await chat.send("settings")).text for chat in (one, two, one)]
    assert answers == ["Servus|tea,cake|the key of one|5", "Hello|||3", "Servus|tea,cake|the key of one|5"]


async def test_what_is_published_counts_for_the_next_message_of_an_open_chat(runtime):
    async with runtime.chat("chosen-changing") as chat:
        assert (await chat.send("settings")).text == "Hello|||3"
        runtime.publish("chosen-changing", app_settings={"values": {"greeting": "Salve"}})
        assert (await chat.send("settings")).text == "Salve|||3"


async def test_what_the_app_no_longer_takes_is_its_default_and_in_the_log(runtime):
    async with runtime.chat("chosen-stale") as chat:
        assert (await chat.send("settings")).text == "Ahoy|||3"
    told = [line for line in runtime.log.splitlines() if "app_setting_not_valid" in line and "chosen-stale" in line]
    assert len(told) == 3
    assert all(path in "".join(told) for path in ("limits.answers", "topics", "key"))
    assert "seven hundred" not in runtime.log
