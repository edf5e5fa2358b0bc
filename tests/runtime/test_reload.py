"""While an app is being written: saving loads it anew for its own tenants, a mistake is shown, the next save heals."""

import asyncio
import os
import re
import signal
import sys
import time
from pathlib import Path

import httpx
import pytest

from controlplane.supervisor.ports import choose_port
from runtime.reload import Saves, app_of_change
from tests.clients.chainlit_client import ChainlitClient
from tests.runtime.waiting import until

FOLDERS = {Path("/apps/one"): "one", Path("/work/two"): "two"}
PAGE = {"accept": "text/html"}
MAIN = """
import asyncio

import chainlit as cl
import texts
from pathlib import Path

# Some write a file each time they are imported; that must not load them anew again.
(Path(__file__).parent / "chainlit.md").write_text("Welcome")

# Apps may run a coroutine to its end while they are imported, also when that happens inside the running loop.
GREETED = asyncio.run(asyncio.sleep(0, "greeted"))

@cl.on_app_startup
def start():
    print("{name} starts", flush=True)

@cl.on_app_shutdown
def stop():
    print("{name} stops", flush=True)

@cl.on_message
async def answer(message):
    await cl.Message(texts.ANSWER).send()
"""


@pytest.mark.parametrize(
    ("path", "app"),
    [
        ("/apps/one/main.py", "one"),
        ("/work/two/deep/inside/prompt.md", "two"),
        ("/apps/one/.chainlit/config.toml", "one"),
        ("/apps/one/.chainlit/translations/de-DE.json", "one"),
        ("/apps/one/public/theme.json", "one"),
        ("/apps/one/public/elements/Card.jsx", "one"),
        ("/apps/one/.env", "one"),
        ("/apps/one/history.json", None),
        ("/apps/one/data/picture.png", None),
        ("/apps/one/__pycache__/main.cpython-311.pyc", None),
        ("/apps/one/.venv/lib/module.py", None),
        ("/apps/one/node_modules/x/index.js", None),
        ("/apps/one/.main.py.swp", None),
        ("/apps/one/.files/upload.md", None),
        ("/apps/onerous/main.py", None),
    ],
)
def test_only_what_people_write_counts_as_a_change_of_its_own_app(path, app):
    assert app_of_change(FOLDERS, Path(path)) == app


def test_to_write_the_same_again_is_no_change_except_of_an_app_that_is_broken(tmp_path):
    files = {}
    for slug in ("acme", "globex"):
        (tmp_path / slug).mkdir()
        files[slug] = tmp_path / slug / "main.py"
        files[slug].write_text("one")
    saves = Saves({tmp_path / slug: slug for slug in files})
    assert saves.changed(files.values()) == set()
    files["acme"].write_text("two")
    assert saves.changed(files.values()) == {"acme"}
    files["acme"].write_text("two")
    assert saves.changed(files.values()) == set()
    saves.note_load("acme", serves=False)
    assert saves.changed(files.values()) == set(), "written before the load ended, so perhaps by it"
    for path in files.values():
        os.utime(path, (time.time() + 1, time.time() + 1))
    assert saves.changed(files.values()) == {"acme"}
    files["globex"].unlink()
    assert saves.changed(files.values()) == {"acme", "globex"}
    saves.note_load("acme", serves=True)
    assert saves.changed(files.values()) == set()


def test_a_file_that_an_app_made_while_it_was_loaded_is_no_change(tmp_path):
    for slug in ("acme", "globex"):
        (tmp_path / slug).mkdir()
    saves = Saves({tmp_path / slug: slug for slug in ("acme", "globex")})
    made = [tmp_path / slug / "chainlit.md" for slug in ("acme", "globex")]
    for path in made:
        path.write_text("Welcome")
    saves.note_load("acme", serves=True)
    assert saves.changed(made) == {"globex"}
    made[0].write_text("Welcome, Ann")
    assert saves.changed(made) == {"acme"}


def test_what_is_in_a_folder_that_appears_counts_too(tmp_path):
    saves = Saves({tmp_path: "acme"})
    (tmp_path / "tools" / "deep").mkdir(parents=True)
    assert saves.changed([tmp_path / "tools"]) == set()
    (tmp_path / "tools" / "deep" / "code.py").touch()
    assert saves.changed([tmp_path / "tools"]) == {"acme"}
    (tmp_path / "tools" / "node_modules").mkdir()
    (tmp_path / "tools" / "node_modules" / "index.js").touch()
    assert saves.changed([tmp_path / "tools"]) == set()


class Written:
    """Two apps that lie apart, each with a tenant, in a runtime that watches them."""

    def __init__(self, folder):
        self.folder = folder
        taken = set()
        self.port, self._internal_port = (choose_port(taken) for _ in range(2))
        for slug in ("acme", "globex"):
            home = folder / f"home of {slug}"
            home.mkdir()
            (home / "main.py").write_text(MAIN.format(name=slug))
            (home / "texts.py").write_text(f'ANSWER = "{slug} one"\n')
            (folder / "apps").mkdir(exist_ok=True)
            (folder / "apps" / slug).symlink_to(home)
            (folder / "tenants").mkdir(exist_ok=True)
            (folder / "tenants" / f"{slug}.toml").write_text(f'app = "{slug}"\n')

    async def start(self):
        self._log = (self.folder / "log").open("wb")
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "runtime", stdout=self._log, stderr=self._log,
            env={
                "PATH": os.defpath,
                "RUNTIME_STATE_SOURCE": f"file://{self.folder}/tenants",
                "RUNTIME_MASTER_SECRET": "only for tests",
                "CHAINLIT_APPS_DIR": str(self.folder / "apps"),
                "RUNTIME_DATA_DIR": str(self.folder / "data"),
                "RUNTIME_PORT": str(self.port),
                "RUNTIME_INTERNAL_PORT": str(self._internal_port),
                "RUNTIME_RELOAD": "true",
            },
        )  # fmt: skip
        await until(self.ready, within=60)

    async def stop(self):
        self._process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self._process.wait(), 20)
        self._log.close()

    async def ready(self):
        async with httpx.AsyncClient() as client:
            try:
                answer = await client.get(f"http://127.0.0.1:{self._internal_port}/readyz")
            except httpx.TransportError:
                return None
        return answer.json() if answer.status_code == 200 else None

    def save(self, slug, file, text):
        path = self.folder / f"home of {slug}" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    async def get(self, slug, path="/", **headers):
        async with httpx.AsyncClient() as client:
            headers = {"host": f"{slug}.localhost", **headers}
            return await client.get(f"http://127.0.0.1:{self.port}{path}", headers=headers)

    def chat(self, slug):
        return ChainlitClient(f"http://127.0.0.1:{self.port}", host_header=f"{slug}.localhost:{self.port}")

    async def answer(self, slug):
        """Return what somebody is answered who opens the chat now."""
        async with self.chat(slug) as chat:
            return (await chat.send("hello")).text

    async def is_served(self, slug):
        return (await self.get(slug, **PAGE)).status_code == 200

    @property
    def log(self):
        return (self.folder / "log").read_text()


@pytest.fixture
async def unstarted(tmp_path):
    written = Written(tmp_path)
    yield written
    await written.stop()


@pytest.fixture
async def written(unstarted):
    await unstarted.start()
    return unstarted


async def test_an_edit_is_in_the_next_answer_of_its_app_and_the_other_tenant_is_undisturbed(written):
    async with written.chat("acme") as acme, written.chat("globex") as globex:
        assert (await acme.send("hello")).text == "acme one"
        assert (await globex.send("hello")).text == "globex one"
        # As long as before and within the same second, where a cache of compiled code would see no change.
        written.save("acme", "texts.py", 'ANSWER = "acme two"\n')
        await until(lambda: acme.reloads == 1, within=30)
        assert await written.answer("acme") == "acme two"
        assert acme.reloads == 1
        assert (await globex.send("hello")).text == "globex one"
        assert globex.reloads == 0
    assert re.findall(r"^(?:acme|globex) (?:starts|stops)$", written.log, re.MULTILINE) == [
        "acme starts", "globex starts", "acme stops", "acme starts",
    ]  # fmt: skip


async def test_a_mistake_is_shown_as_a_page_and_in_the_log_and_the_next_save_heals(written):
    async with written.chat("globex") as globex:
        written.save("acme", "texts.py", "ANSWER = (\n")
        broken = await until(lambda: _broken(written, "acme"), within=30)
        assert "SyntaxError" in broken.text
        assert "texts.py&quot;, line 1" in broken.text
        assert "chainlit_host" not in broken.text
        assert "app_broken" in written.log
        assert list((await written.ready())["broken_apps"]) == ["acme"]
        assert (await written.get("acme", "/project/settings")).json()["code"] == "app_unavailable"

        written.save("acme", "texts.py", "ANSWER = undefined_name\n")
        await until(lambda: _broken(written, "acme", "NameError"), within=30)
        written.save("acme", "texts.py", 'ANSWER = "healed"\n')
        await until(lambda: written.is_served("acme"), within=30)
        assert await written.answer("acme") == "healed"
        assert (await globex.send("hello")).text == "globex one"
        assert globex.reloads == 0


async def test_an_app_that_was_broken_from_the_start_or_is_gone_for_a_while_heals_as_well(unstarted):
    written = unstarted
    written.save("acme", "main.py", "import nothing_of_this_name\n")
    await written.start()
    assert "ModuleNotFoundError" in (await _broken(written, "acme", "nothing_of_this_name")).text
    assert await written.answer("globex") == "globex one"
    written.save("acme", "main.py", MAIN.format(name="acme"))
    await until(lambda: written.is_served("acme"), within=30)
    assert await written.answer("acme") == "acme one"

    main = written.folder / "home of acme" / "main.py"
    main.rename(main.with_suffix(".away"))
    await until(lambda: _broken(written, "acme", "There is no main.py"), within=30)
    main.with_suffix(".away").rename(main)
    await until(lambda: written.is_served("acme"), within=30)
    assert await written.answer("acme") == "acme one"


async def test_configuration_and_files_of_the_page_are_loaded_anew_too(written):
    assert (await written.get("acme", "/project/settings")).json()["ui"].get("cot") == "full"
    written.save(
        "acme", ".chainlit/config.toml", '[meta]\ngenerated_by = "2.12.0"\n[UI]\nname = "Acme"\ncot = "hidden"\n'
    )

    async def is_hidden():
        return (await written.get("acme", "/project/settings")).json().get("ui", {}).get("cot") == "hidden"

    await until(is_hidden, within=30)
    async with written.chat("acme") as acme:
        written.save("acme", "public/theme.json", "{}")
        await until(lambda: acme.reloads == 1, within=30)
    assert (await written.get("globex", "/project/settings")).json()["ui"].get("cot") == "full"


async def test_what_an_app_writes_itself_does_not_load_it_anew(written):
    async with written.chat("acme") as acme, written.chat("globex") as globex:
        written.save("acme", "history.json", "{}")
        written.save("globex", "texts.py", 'ANSWER = "globex two"\n')
        await until(lambda: globex.reloads == 1, within=30)
        assert await written.answer("globex") == "globex two"
        assert acme.reloads == 0
        assert (await acme.send("hello")).text == "acme one"


async def _broken(written, slug, text="SyntaxError"):
    answer = await written.get(slug, **PAGE)
    return answer if answer.status_code == 500 and text in answer.text else None
