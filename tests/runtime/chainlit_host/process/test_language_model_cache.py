"""LangChain's cache of answers: each app has its own, and each tenant its own part of it."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.runtime.chainlit_host.tenants_under_test import document, tenant_id

CHECKOUT = Path(__file__).resolve().parents[4]
LANGUAGE_MODELS = Path(__file__).parents[1] / "language_models"
APPS = {"remembering": "in memory", "filing": "as config.toml says", "forgetful": "none"}


@pytest.fixture(scope="module")
def caching(start_one_runtime, tmp_path_factory):
    """A runtime with one app in three copies: with a cache in memory, with one in a file, and without any."""
    folder = tmp_path_factory.mktemp("caching")
    for name, cache in APPS.items():
        app = shutil.copytree(LANGUAGE_MODELS / "app", folder / name)
        (app / ".env").write_text(f'CACHE="{cache}"', encoding="utf-8")
    settings = folder / "filing" / ".chainlit" / "config.toml"
    settings.parent.mkdir()
    settings.write_text(
        '[project]\ncache = true\n[UI]\nname = "Filing"\n[meta]\ngenerated_by = "2.12.0"\n', encoding="utf-8"
    )
    tenants = {f"{app}-{which}": document(f"{app}-{which}", app=app) for app in APPS for which in ("one", "two")}
    return start_one_runtime(
        make_documents=lambda _: tenants,
        more_apps=[folder / name for name in APPS],
        more_environment={"PYTHONPATH": str(LANGUAGE_MODELS / "installed")},
    )


async def _tell(runtime, slug, *commands):
    """Return what the app answers, in a chat of its own."""
    async with runtime.chat(slug) as chat:
        return [(await chat.send(command)).text for command in commands]


@pytest.mark.parametrize("app", ["remembering", "filing"])
@pytest.mark.parametrize("ask", ["ask", "ask-and-wait"])
async def test_an_answer_is_found_by_its_own_tenant_alone(caching, app, ask):
    question = f"{ask} what is told by {ask}"

    first, again = await _tell(caching, f"{app}-one", question, question)
    other, other_again = await _tell(caching, f"{app}-two", question, question)

    assert first == again
    assert other == other_again
    assert first != other
    # In another chat, too.
    assert await _tell(caching, f"{app}-one", question) == [first]


async def test_an_app_without_a_cache_has_none_beside_apps_that_have(caching):
    first, again = await _tell(caching, "forgetful-one", "ask me", "ask me")

    assert first != again


async def test_the_cache_that_config_toml_asks_for_is_a_file_of_the_apps(caching):
    for slug in ("filing-one", "filing-two"):
        await _tell(caching, slug, "ask what is filed")

    found = caching.folder.glob("apps/*/.chainlit/.langchain.db")
    assert [path.relative_to(caching.folder / "apps").parts[0] for path in found] == ["filing"]
    with closing(sqlite3.connect(caching.folder / "apps/filing/.chainlit/.langchain.db")) as database:
        rows = database.execute("SELECT llm FROM full_llm_cache WHERE prompt LIKE '%what is filed%'").fetchall()
    assert {row[0].split()[1] for row in rows} == {tenant_id("filing-one"), tenant_id("filing-two")}


@pytest.mark.parametrize("app", ["remembering", "filing"])
@pytest.mark.parametrize("clear", ["clear", "clear-and-wait"])
async def test_a_tenant_clears_its_own_part_alone(caching, app, clear):
    question = f"ask what is there before {clear}"
    [mine] = await _tell(caching, f"{app}-one", question)
    [others] = await _tell(caching, f"{app}-two", question)

    _, asked_anew, again = await _tell(caching, f"{app}-one", clear, question, question)

    assert asked_anew == again != mine
    assert await _tell(caching, f"{app}-two", question) == [others]


async def test_what_is_cleared_takes_no_memory(caching):
    await _tell(caching, "remembering-two", "ask what stays")
    _, before, _, after = await _tell(caching, "remembering-one", "clear", "count", "ask one thing", "count")
    assert int(after) == int(before) + 1

    assert await _tell(caching, "remembering-one", "clear", "count") == ["done", before]


async def test_a_cache_set_while_a_tenant_is_bound_is_that_tenants(caching):
    await _tell(caching, "remembering-two", "switch-off")
    without, still_without = await _tell(caching, "remembering-two", "ask it", "ask it")
    first, again = await _tell(caching, "remembering-one", "ask it", "ask it")
    await _tell(caching, "remembering-two", "set-own")
    own, own_again, count = await _tell(caching, "remembering-two", "ask it", "ask it", "count")

    assert without != still_without
    assert first == again
    assert own == own_again != first
    assert count == "1"

    caching.command("close", tenant_id=tenant_id("remembering-two"))
    assert int((await _tell(caching, "remembering-two", "count"))[0]) > 0


async def test_answers_of_a_tenant_are_dropped_with_what_else_its_code_left(caching):
    [first] = await _tell(caching, "remembering-one", "ask for the last time")

    caching.command("close", tenant_id=tenant_id("remembering-one"))

    assert await _tell(caching, "remembering-one", "ask for the last time") != [first]


async def test_where_no_tenant_is_bound_no_answer_is_kept(caching):
    first, again = await _tell(caching, "remembering-one", "ask-the-worker x", "ask-the-worker x")

    assert first != again


async def test_the_cache_is_of_its_class_and_can_be_put_back(caching):
    first, _, again, classes = await _tell(caching, "remembering-two", "ask y", "put-back", "ask y", "classes")

    assert first == again
    assert classes == "[True, True]"


def test_a_langchain_that_was_imported_early_is_changed_under_all_its_names(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED_EARLY, str(tmp_path)], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )

    assert done.stdout.split() == ["None", "None", "process"], done.stderr


IMPORTED_EARLY = """
import sys
from pathlib import Path
import langchain_core.globals
from langchain_core.globals import get_llm_cache, set_llm_cache
from langchain_core.language_models import chat_models
set_llm_cache("process")
from runtime.chainlit_host.process.boot import import_chainlit
from runtime.config import RuntimeConfig
folder = Path(sys.argv[1])
import_chainlit(RuntimeConfig(database_url="", master_secret="x", encryption_keys=(), apps_dir=folder,
                              data_dir=folder / "data", platform_url="http://localhost"))
from runtime.chainlit_host.apps.loading import AppLibrary, LoadedApp, app_scope
from runtime.chainlit_host.process.language_model_cache import LanguageModelCaches
LanguageModelCaches(AppLibrary(folder)).install()
with app_scope(LoadedApp("app", folder)):
    print(get_llm_cache(), chat_models.get_llm_cache())
print(get_llm_cache())
"""
