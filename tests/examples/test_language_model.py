import asyncio
from contextlib import aclosing

import pytest

from tests.examples.assistant_modules import language_model
from tests.examples.openai_server import OpenAIServer, Outcome


@pytest.fixture(scope="module")
def openai_server():
    with OpenAIServer() as server:
        yield server


@pytest.fixture
async def pool():
    clients = language_model.ClientPool(size=2)
    yield clients
    await clients.close()


def model_at(base_url, *, api_key="sk-good", model="test-model"):
    return language_model.LanguageModel(api_key, base_url, model, "Be brief.")


async def answer(pool, model):
    async with aclosing(language_model.stream_answer(pool, model, [{"role": "user", "content": "good day"}])) as pieces:
        return [piece async for piece in pieces]


@pytest.mark.parametrize("value", [None, "", "   "])
def test_without_a_key_there_is_no_model(monkeypatch, value):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("OPENAI_API_KEY", value)

    assert language_model.language_model(name="Acme") is None


def test_the_environment_is_read_each_time_and_a_blank_value_means_the_default(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", " sk-1 ")
    monkeypatch.setenv("OPENAI_MODEL", "")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("SYSTEM_PROMPT", raising=False)
    first = language_model.language_model(name="Acme {x}")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-2")

    assert (first.api_key, first.model) == ("sk-1", language_model.DEFAULT_MODEL)
    assert "Acme {x}" in first.system_prompt
    assert language_model.language_model(name="Acme").api_key == "sk-2"
    assert "sk-1" not in repr(first)


async def test_pieces_arrive_one_by_one(openai_server, pool):
    assert await answer(pool, model_at(openai_server.base_url)) == ["test-model", " heard:", " good", " day"]


@pytest.mark.parametrize("model", ["error-400", "error-401", "error-403", "error-404", "error-429", "error-500"])
async def test_an_error_status_becomes_one_sentence_without_the_key(openai_server, pool, caplog, model):
    with pytest.raises(language_model.LanguageModelUnavailableError) as refusal:
        await answer(pool, model_at(openai_server.base_url, api_key="sk-secret", model=model))

    assert str(refusal.value).startswith("The ")
    for text in (str(refusal.value), caplog.text):
        assert "sk-secret" not in text
        assert "traceback" not in text.lower()
    assert refusal.value.__suppress_context__


async def test_an_error_can_be_chosen_by_key(openai_server, pool):
    with pytest.raises(language_model.LanguageModelUnavailableError, match="refused the API key"):
        await answer(pool, model_at(openai_server.base_url, api_key="sk-error-401"))
    with pytest.raises(language_model.LanguageModelUnavailableError, match="refused the API key"):
        await answer(pool, model_at(openai_server.base_url, api_key="no-such-key"))


@pytest.mark.parametrize(
    ("model", "sentence"),
    [("error-in-stream", "has a problem"), ("cut-off", "could not be reached"), ("empty", "empty answer")],
)
async def test_an_answer_that_breaks_off_says_so(openai_server, pool, model, sentence):
    with pytest.raises(language_model.LanguageModelUnavailableError, match=sentence):
        await answer(pool, model_at(openai_server.base_url, model=model))


@pytest.mark.parametrize(
    "base_url",
    ["", "localhost:1", "ftp://host/v1", "http://", "http:///v1", "https://ho st/v1", "http://höst/v1", "http://a:b/v1",
     "http://[::1/v1", "http://1.2.3.999/v1", "http://..", "http://host:99999/", "http://host/\n"],
)  # fmt: skip
async def test_an_address_that_is_none_gives_a_sentence(pool, base_url):
    with pytest.raises(language_model.LanguageModelUnavailableError, match=r"\.$"):
        await asyncio.wait_for(answer(pool, model_at(base_url)), timeout=20)


@pytest.mark.parametrize("api_key", ["sk-…", "sk-\x00", "sk-a\nb"])
async def test_a_key_that_cannot_be_sent_gives_a_sentence(openai_server, pool, api_key):
    with pytest.raises(language_model.LanguageModelUnavailableError, match="characters that no key has"):
        await answer(pool, model_at(openai_server.base_url, api_key=api_key))


async def test_closing_the_iterator_closes_the_connection(openai_server, pool):
    async with aclosing(
        language_model.stream_answer(pool, model_at(openai_server.base_url, model="slow"), [])
    ) as pieces:
        assert await anext(pieces) == "word0 "

    assert await asyncio.to_thread(
        openai_server.wait_until, lambda requests: requests[-1].outcome is Outcome.DISCONNECTED
    )


async def test_clients_are_shared_by_key_and_address_and_bounded(pool):
    async with pool.client("sk-1", "http://a.test/") as first, pool.client("sk-1", "http://a.test/") as again:
        assert first is again
    async with pool.client("sk-2", "http://a.test/") as second:
        assert second is not first
    async with pool.client("sk-3", "http://a.test/"):
        assert first.is_closed()
        assert not second.is_closed()


async def test_a_client_that_falls_out_while_in_use_is_closed_only_afterwards(pool):
    async with pool.client("sk-1", "http://a.test/") as busy:
        for key in ("sk-2", "sk-3"):
            async with pool.client(key, "http://a.test/"):
                pass
        assert not busy.is_closed()
        async with pool.client("sk-1", "http://a.test/") as fresh:
            assert fresh is not busy
    assert busy.is_closed()
    assert not fresh.is_closed()
