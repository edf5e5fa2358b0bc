"""What a visitor sees when an app fails."""

import re


async def test_a_visitor_sees_an_id_and_the_log_has_the_rest(runtime):
    async with runtime.chat("changing") as chat:
        reply = await chat.send("fail 12345")

    [failed] = [step for step in reply.steps if step.is_error]
    error_id = re.search(r"administrator: ([0-9a-f]{12})$", failed.output)[1]
    shown = repr(reply)
    assert "12345" not in shown
    assert "RuntimeError" not in shown
    assert error_id in runtime.log
    assert "the secret is 12345" in runtime.log


async def test_the_chat_goes_on_after_a_failure(runtime):
    async with runtime.chat("changing") as chat:
        await chat.send("fail once")
        assert (await chat.send("recall")).text
