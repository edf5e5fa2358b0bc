"""Answers whose only key is their content."""

from hypothesis import given
from hypothesis import strategies as st

from runtime.chainlit_host.answers.content import LARGEST_KEPT, ContentAnswers

PAGE = b'{"name":"' + b"x" * 600 + b'"}'


def _answers(most_kept=8):
    return ContentAnswers(content_type="application/json", cache_control="private, no-cache", most_kept=most_kept)


async def _asked(answers, body, **headers):
    sent = []

    async def send(message):
        sent.append(message)

    fields = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    await answers.of(body)({"type": "http", "method": "GET", "headers": fields}, None, send)
    start, end = sent
    return start["status"], dict(start["headers"]), end["body"]


async def test_a_body_is_sent_as_it_is_once_and_compressed_with_a_tag_from_then_on():
    answers = _answers()
    first = await _asked(answers, PAGE, accept_encoding=b"gzip")
    second = await _asked(answers, PAGE, accept_encoding=b"gzip")
    third = await _asked(answers, PAGE, if_none_match=second[1][b"etag"])

    assert first[2] == PAGE
    assert b"content-encoding" not in first[1]
    assert second[1][b"content-encoding"] == b"gzip"
    assert third[0] == 304
    assert {each[1][b"cache-control"] for each in (first, second, third)} == {b"private, no-cache"}


@given(st.lists(st.sampled_from([b"one", b"two", b"three", b"four", b"five"]), max_size=40))
async def test_every_answer_has_the_body_that_it_was_made_of(bodies):
    answers = _answers(most_kept=3)
    for body in bodies:
        assert (await _asked(answers, body))[2] == body
        assert len(answers) <= 3


async def test_the_least_asked_for_leaves_first_and_large_ones_are_not_kept():
    answers = _answers(most_kept=2)
    for body in (b"often", b"often", b"once", b"often", b"another"):
        await _asked(answers, body)
    assert b"etag" in (await _asked(answers, b"often"))[1]
    assert b"etag" not in (await _asked(answers, b"once"))[1]

    await _asked(answers, b"x" * (LARGEST_KEPT + 1))
    assert b"etag" not in (await _asked(answers, b"x" * (LARGEST_KEPT + 1)))[1]
    assert len(answers) == 2
