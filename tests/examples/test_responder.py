import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples.assistant_modules import responder

KEY_HINT = "Add OPENAI_API_KEY."


def reply(text):
    return responder.answer(responder.look_at(text), name="Acme", how_to_add_a_key=KEY_HINT)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("  ", "NOTHING"),
        ("Hello!", "GREETING"),
        ("good morning to you", "GREETING"),
        ("History of Rome", "OTHER"),
        ("Hello, please write me a long poem about the sea", "OTHER"),
        ("What can you do?", "ABILITIES"),
        ("2 + 2", "ARITHMETIC"),
        ("Count the words in: to be or not to be", "COUNTING"),
        ("How many letters are in: word", "COUNTING"),
    ],
)
def test_questions_are_recognised(text, topic):
    assert responder.look_at(text).topic.name == topic


def test_a_greeting_is_answered_in_the_tenants_name():
    assert "Acme" in reply("hi").text


def test_counting_counts_what_follows_the_colon():
    assert "**6 words** and **18 characters**" in reply("Count the words in: to be or not to be").text


def test_arithmetic_shows_the_result():
    assert "`1000 * 1000` = **1,000,000**" in reply("1000 * 1000").text
    assert "= **0.3**" in reply("0.1 + 0.2").text


def test_a_question_for_a_model_is_not_answered_by_pretending():
    answer = reply("Who wrote Faust?").text

    assert "3 words" in answer
    assert "no language model is connected" in answer


@given(st.text())
def test_every_text_gets_an_answer_that_says_how_to_add_a_key(text):
    answer = reply(text)

    assert answer.text.endswith(KEY_HINT)
    assert answer.follow_ups
    assert responder.look_at(text).summary.endswith(".")


@given(st.text())
def test_tokens_join_to_the_text(text):
    assert "".join(responder.split_tokens(text)) == text


@pytest.mark.parametrize("text", ["", "hi", "help", "2 + 2", "count the words in: a b", "Who wrote Faust?"])
def test_every_suggested_follow_up_is_something_the_responder_can_answer(text):
    for follow_up in reply(text).follow_ups:
        assert responder.look_at(follow_up).topic.name not in {"OTHER", "NOTHING"}
