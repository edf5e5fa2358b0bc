"""A process ends in the middle of conversations: what can be stored is, and what cannot is named in the log."""

import signal

import pytest

from tests.runtime.chainlit_host.history.conftest import Person, thread_of
from tests.runtime.waiting import until

ENDED = {0, -signal.SIGTERM}
"""uvicorn shuts down in order and then raises the signal once more."""

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]


def _person(keeping, http_client):
    cookies = keeping.runtime.sign_in("keeper-one", "ann@example.com")
    return Person(keeping, "keeper-one", "ann@example.com", http_client, cookies)


async def test_what_was_said_just_before_the_end_is_stored(keeping, tmp_path, word):
    with keeping.another_process(tmp_path) as (another, process), another.runtime.client("keeper-one") as http:
        async with _person(another, http).chat() as chat:
            await chat.send("hello")
            thread_id = await until(lambda: thread_of(chat))
            answer = await chat.send(f"last {word}")
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) in ENDED
    said = keeping.rows("keeper-one", 'SELECT output FROM "Step" WHERE "threadId" = %s', thread_id)
    assert {"hello", f"last {word}", answer.text} <= {row["output"] for row in said}
    assert "conversation_write_lost" not in another.runtime.log


async def test_an_end_does_not_wait_for_a_database_that_is_away_and_names_what_is_lost(keeping, tmp_path, word):
    with keeping.another_process(tmp_path) as (another, process), another.runtime.client("keeper-one") as http:
        async with _person(another, http).chat() as chat:
            await chat.send("hello")
            keeping.postgres.stop()
            try:
                await chat.send(f"lost {word}")
                await until(lambda: another.runtime.command("unsaved") > 0)
                process.send_signal(signal.SIGTERM)
                assert process.wait(timeout=30) in ENDED
            finally:
                keeping.postgres.start()
    assert "conversation_write_lost" in another.runtime.log
    assert "process ends" in another.runtime.log
    assert word not in another.runtime.log
