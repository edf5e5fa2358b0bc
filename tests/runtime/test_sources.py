"""Without a control plane: files, one app alone, and a service of somebody else's, through the whole shell."""

import os
from dataclasses import replace

import httpx
import pytest

from runtime.config import InvalidSettingError, RuntimeConfig, SettingError, StateLocation, StateSourceKind
from runtime.middleware.default_host import DefaultHost
from tests.runtime.shells import make_config, running_shell
from tests.runtime.state.stores import TOKEN, FileStore, HttpStore
from tests.runtime.test_main import REQUIRED
from tests.runtime.waiting import until


def settings(**changes):
    needed = {name: REQUIRED[name] for name in ("RUNTIME_MASTER_SECRET", "CHAINLIT_APPS_DIR", "RUNTIME_DATA_DIR")}
    return RuntimeConfig.from_environment({**needed, **changes})


@pytest.fixture
def apps(tmp_path):
    """A folder with one app, which names itself."""
    folder = tmp_path / "apps" / "assistant" / ".chainlit"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[UI]\nname = "My own assistant"\n')
    return tmp_path / "apps"


@pytest.mark.parametrize(
    ("text", "kind", "address"),
    [
        ("postgres", StateSourceKind.POSTGRES, ""),
        ("https://tenants.example/v1/", StateSourceKind.HTTP, "https://tenants.example/v1"),
        ("file:///etc/my%20tenants", StateSourceKind.FILES, "/etc/my tenants"),
        ("file:tenants", StateSourceKind.FILES, "tenants"),
        ("app:assistant", StateSourceKind.APP, "assistant"),
    ],
)
def test_the_setting_chooses_the_source(text, kind, address):
    assert StateLocation.parse(text) == StateLocation(kind, address)


@pytest.mark.parametrize(
    "text",
    [
        "mysql",
        "https://",
        "https://ann:hush@tenants.example",
        "file://host/etc",
        "file:",
        "app:",
        "app:../x",
        "ftp://x",
    ],
)
def test_a_source_that_is_none_is_named_and_not_repeated(text):
    with pytest.raises(InvalidSettingError, match="RUNTIME_STATE_SOURCE") as refused:
        StateLocation.parse(text)
    assert "hush" not in str(refused.value)


def test_files_and_a_single_app_need_neither_database_nor_keys(tmp_path):
    for source in (f"file://{tmp_path}", "app:assistant"):
        config = settings(RUNTIME_STATE_SOURCE=source)
        assert config.database_url == ""
        assert len(config.encryption_keys) == 1


def test_over_http_no_database_is_needed_but_the_keys_of_the_documents_are():
    with pytest.raises(SettingError, match="TENANT_ENCRYPTION_KEYS"):
        settings(RUNTIME_STATE_SOURCE="https://tenants.example")


async def test_a_folder_that_is_not_there_is_told_at_the_start(tmp_path):
    for source in (f"file://{tmp_path}/none", "app:none"):
        with pytest.raises(InvalidSettingError, match="RUNTIME_STATE_SOURCE"):
            async with running_shell(make_config("", state_source=StateLocation.parse(source))):
                pytest.fail("it may not start")


async def test_tenants_in_files_are_served_each_on_its_host(tmp_path):
    async with FileStore(tmp_path).open() as files:
        files.write("acme", 'app = "assistant"\nname = "Acme"')
        files.write("globex", 'app = "assistant"\nname = "Globex"\nstatus = "suspended"')
        config = make_config("", state_source=StateLocation.parse(f"file://{files.folder}"))
        async with running_shell(config) as shell:
            assert await shell.name_of("acme.localhost") == "Acme"
            assert (await shell.get("globex.localhost")).json()["code"] == "tenant_suspended"
            for unknown in ("localhost", "127.0.0.1", "nobody.localhost"):
                assert (await shell.get(unknown)).status_code in (400, 404)
            ready = await shell.ready()
            assert (ready["status"], ready["state_source"], ready["states"]) == ("ready", "files", "reachable")
            files.write("acme", 'app = "assistant"\nname = "Acme Rockets"')
            await until(lambda: _is_named(shell, "acme.localhost", "Acme Rockets"))


async def test_a_variable_that_a_tenant_has_as_a_secret_is_the_process_own_no_more(tmp_path, monkeypatch):
    for name in ("ACME_KEY", "SHARED_KEY"):
        monkeypatch.setenv(name, f"the {name}")
    async with FileStore(tmp_path).open() as files:
        secrets = '[secrets]\nOPENAI_API_KEY = "env:ACME_KEY"\nSHARED_KEY = "env:SHARED_KEY"'
        files.write("acme", f'app = "assistant"\n{secrets}')
        files.write("globex", 'app = "assistant"')
        config = replace(settings(RUNTIME_STATE_SOURCE=f"file://{files.folder}"), process_environment=dict(os.environ))
        async with running_shell(config) as shell:
            assert await shell.name_of("acme.localhost") == "Acme"
            assert "ACME_KEY" not in os.environ
            assert os.environ["SHARED_KEY"] == "the SHARED_KEY"
            files.write("acme", f'app = "assistant"\nname = "Acme Rockets"\n{secrets}')
            await until(lambda: _is_named(shell, "acme.localhost", "Acme Rockets"))


async def test_a_folder_that_goes_away_is_told_by_readyz_and_the_tenants_go_on(tmp_path):
    async with FileStore(tmp_path).open() as files:
        files.write("acme", 'app = "assistant"')
        config = make_config("", state_source=StateLocation.parse(f"file://{files.folder}"))
        async with running_shell(config) as shell:
            assert await shell.name_of("acme.localhost") == "Acme"
            await files.go_away()
            await until(lambda: _states_are(shell, "stale"), within=15)
            assert await shell.name_of("acme.localhost") == "Acme"
            await files.come_back()
            await until(lambda: _states_are(shell, "reachable"), within=15)


async def test_tenants_of_another_service_are_served_and_members_are_never_asked_for():
    store = HttpStore(streams=True)
    async with store.open():
        acme, globex = await store.add("acme"), await store.add("globex")
        config = make_config("", state_source=StateLocation.parse(store.url), state_token=TOKEN)
        async with running_shell(config) as shell:
            for state in (acme, globex):
                assert await shell.name_of(state.hosts[0]) == state.branding.display_name
            ready = await shell.ready()
            assert (ready["status"], ready["state_source"], ready["listening"]) == ("ready", "http", True)


async def test_one_app_alone_is_served_on_the_hosts_of_its_setting_and_no_other(apps):
    config = make_config("", apps_dir=apps, state_source=StateLocation.parse("app:assistant"))
    async with running_shell(config) as shell:
        for host in ("localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:8000", "[::1]:8000", "localhost."):
            assert await shell.name_of(host) == "My own assistant"
        for host in ("example.com", "127.0.0.2", "localhost.example.com", "10.0.0.1:8000", "[::2]", "x@127.0.0.1"):
            assert (await shell.get(host)).status_code in (400, 404), host
        assert (await shell.ready())["state_source"] == "app"


async def test_any_host_is_served_only_where_the_setting_says_so(apps):
    config = make_config("", apps_dir=apps, state_source=StateLocation.parse("app:assistant"), default_hosts=("*",))
    async with running_shell(config) as shell:
        for host in ("example.com", "10.0.0.1:8000", "[::2]"):
            assert await shell.name_of(host) == "My own assistant"
        for host in ("no host", "a..b", "", "127.0.0.1/x", "x@127.0.0.1", "127.0.0.1:x"):
            assert (await shell.get(host)).status_code == 400


async def test_the_name_of_an_app_alone_follows_its_config(apps):
    config = make_config("", apps_dir=apps, state_source=StateLocation.parse("app:assistant"))
    async with running_shell(config) as shell:
        assert await shell.name_of("localhost") == "My own assistant"
        (apps / "assistant" / ".chainlit" / "config.toml").write_text('[UI]\nname = "Renamed"\n')
        await until(lambda: _is_named(shell, "localhost", "Renamed"))


@pytest.mark.parametrize(
    ("host", "origin", "seen"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000", "http://localhost:8000"),
        ("127.0.0.1:8000", "http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("127.0.0.1:8000", "https://evil.example", "https://evil.example"),
        ("[::1]:8000", "http://[::1]:8000", "http://localhost:8000"),
    ],
)
async def test_only_a_page_of_the_same_place_counts_as_the_tenants_own(host, origin, seen):
    asked = {}

    async def inner(scope, _receive, send):
        asked.update({name.decode(): value.decode() for name, value in scope["headers"]})
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    app = DefaultHost(inner, accepted=("localhost", "127.0.0.1", "::1"), host="localhost")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://unset") as client:
        await client.get("/", headers={"host": host, "origin": origin})
    assert (asked["host"], asked["origin"]) == ("localhost:8000", seen)


async def _is_named(shell, host, name):
    return await shell.name_of(host) == name


async def _states_are(shell, states):
    return (await shell.ready())["states"] == states
