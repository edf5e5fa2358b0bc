"""The example app in a real Chainlit process, spoken to over its socket; its language model is a real HTTP server."""

import asyncio
import json
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.clients.chainlit_client import ChainlitClient
from tests.examples.openai_server import OpenAIServer, Outcome
from tests.examples.stock_chainlit import run_assistant

API_KEY = "sk-acme-0123456789"
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def without_key(tmp_path_factory):
    with run_assistant(tmp_path_factory.mktemp("without_key"), {}) as base_url:
        yield base_url


@pytest.fixture(scope="module")
def running_openai_server():
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def openai_server(running_openai_server):
    yield running_openai_server
    running_openai_server.answer_as(None)


@pytest.fixture(scope="module")
def with_key(tmp_path_factory, running_openai_server):
    environment = {
        "OPENAI_API_KEY": API_KEY,
        "OPENAI_BASE_URL": running_openai_server.base_url,
        "OPENAI_MODEL": "test-model",
        "SYSTEM_PROMPT": "You sell rockets.",
    }
    with run_assistant(tmp_path_factory.mktemp("with_key"), environment) as base_url:
        yield base_url


@pytest.fixture(scope="module")
def for_a_tenant(tmp_path_factory):
    command = (sys.executable, "-m", "tests.examples.chainlit_for_a_tenant")
    directory = tmp_path_factory.mktemp("for_a_tenant")
    with run_assistant(directory, {"PYTHONPATH": str(CHECKOUT)}, command=command) as base_url:
        yield base_url


def project_settings(base_url):
    with urlopen(f"{base_url}/project/settings") as response:  # noqa: S310 - the process started above
        return json.load(response)


def test_the_welcome_text_and_three_starters_are_shown(without_key):
    settings = project_settings(without_key)

    assert len(settings["starters"]) == 3
    assert settings["markdown"].startswith("# Welcome")
    assert settings["ui"]["name"] == "Assistant"


async def test_no_message_hides_the_starters(without_key):
    async with ChainlitClient(without_key) as chat:
        reply = await chat.send("hi")

    assert len(reply.messages) == 1


async def test_every_starter_is_answered_without_a_key(without_key):
    async with ChainlitClient(without_key) as chat:
        for starter in project_settings(without_key)["starters"]:
            reply = await chat.send(starter["message"])
            assert "no language model" not in reply.text


async def test_without_a_key_the_answer_streams_shows_a_step_and_says_how_to_add_a_key(without_key):
    async with ChainlitClient(without_key) as chat:
        reply = await chat.send("What is 12 * (3 + 4)?")

    assert "= **84**" in reply.text
    assert "OPENAI_API_KEY" in reply.text
    assert len(reply.tokens) > 10
    assert "".join(reply.tokens) == reply.text
    first_look = next(step for step in reply.steps if step.name == "built-in responder")
    assert "arithmetic" in first_look.output
    assert not reply.actions


async def test_the_built_in_answer_can_be_stopped(without_key):
    async with ChainlitClient(without_key) as chat:
        turn = await chat.begin("What can you do?")
        await turn.wait_for_tokens(3)
        stopped = await chat.stop()
        whole = await chat.send("What can you do?")

    assert whole.text.startswith(stopped.text)
    assert len(stopped.text) < len(whole.text)


async def test_with_a_key_the_model_gets_the_system_prompt_the_history_and_the_key(with_key, openai_server):
    async with ChainlitClient(with_key) as chat:
        first = await chat.send("How high do they fly?")
        second = await chat.send("And how fast?")

    assert first.tokens == ["test-model", " heard:", " How", " high", " do", " they", " fly?"]
    assert second.text == "test-model heard: And how fast?"
    request = openai_server.requests[-1]
    assert (request.api_key, request.model, request.stream) == (API_KEY, "test-model", True)
    assert request.outcome is Outcome.FINISHED
    assert request.messages == [
        {"role": "system", "content": "You sell rockets."},
        {"role": "user", "content": "How high do they fly?"},
        {"role": "assistant", "content": first.text},
        {"role": "user", "content": "And how fast?"},
    ]


async def test_two_visitors_do_not_share_a_history(with_key, openai_server):
    async with ChainlitClient(with_key) as one, ChainlitClient(with_key) as other:
        await one.send("My name is Ada.")
        await other.send("Who am I?")

    assert "Ada" not in str(openai_server.requests[-1].messages)


@pytest.mark.parametrize("behaviour", ["error-401", "error-429", "error-500", "cut-off", "error-in-stream", "empty"])
async def test_trouble_of_the_model_is_told_in_one_sentence_and_kept_out_of_the_history(
    with_key, openai_server, behaviour
):
    async with ChainlitClient(with_key) as chat:
        openai_server.answer_as(behaviour)
        failed = await chat.send("Are you there?")
        openai_server.answer_as(None)
        recovered = await chat.send("And now?")

    [error] = [message for message in failed.messages if message.is_error]
    assert error.output.startswith("The language model ")
    everything = " ".join(message.output for message in failed.messages)
    assert API_KEY not in everything
    assert "traceback" not in everything.lower()
    assert recovered.text == "test-model heard: And now?"
    assert error.output not in str(openai_server.requests[-1].messages)


async def test_stop_closes_the_connection_to_the_model_and_keeps_what_was_said(with_key, openai_server):
    openai_server.answer_as("slow")
    async with ChainlitClient(with_key) as chat:
        turn = await chat.begin("Tell me a long story.")
        await turn.wait_for_tokens(3)
        reply = await chat.stop()

        assert await asyncio.to_thread(
            openai_server.wait_until, lambda requests: requests[-1].outcome is Outcome.DISCONNECTED
        )
        assert reply.text.startswith("word0 word1 word2 ")
        openai_server.answer_as(None)
        await chat.send("Go on.")
        assert reply.text in [message["content"] for message in openai_server.requests[-1].messages]


async def test_a_tenant_is_named_and_told_where_its_settings_are(for_a_tenant):
    async with ChainlitClient(for_a_tenant) as chat:
        reply = await chat.send("hello")

    assert "Acme Rockets" in reply.text
    assert "tenant settings" in reply.text


async def test_with_the_flag_on_follow_ups_are_offered_and_send_their_text(for_a_tenant):
    async with ChainlitClient(for_a_tenant) as chat:
        offered = await chat.send("hello")
        button = next(action for action in offered.actions if action.label.startswith("What is 12"))
        reply = await chat.press(button)

    assert "= **84**" in reply.text
    assert reply.actions


async def test_an_answer_to_a_follow_up_can_be_stopped(for_a_tenant):
    async with ChainlitClient(for_a_tenant) as chat:
        offered = await chat.send("hello")
        button = next(action for action in offered.actions if action.label == "What can you do?")
        turn = await chat.begin_action(button)
        await turn.wait_for_tokens(3)
        stopped = await chat.stop()

    assert "OPENAI_API_KEY" not in stopped.text
