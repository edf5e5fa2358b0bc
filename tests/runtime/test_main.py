"""The process: what it says when it cannot start, and how it ends."""

import asyncio
import os
import signal
import socket
import sys

import httpx
import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet

from controlplane.supervisor.ports import choose_port
from runtime.__main__ import bind
from runtime.config import InvalidSettingError, MissingSettingError, RuntimeConfig
from tests.clients.chainlit_client import ChainlitClient
from tests.runtime.waiting import until

REQUIRED = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "RUNTIME_MASTER_SECRET": "only for tests",
    "TENANT_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "CHAINLIT_APPS_DIR": ".",
    "RUNTIME_DATA_DIR": ".",
}


async def start(*, module="tests.runtime.serve_probe", **environment):
    """Start the process with exactly these settings."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        env={"PATH": os.defpath, "PYTHONWARNINGS": "error", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def outcome(**environment):
    """Return exit status and what was written to standard error by a process that ends by itself."""
    process = await start(**environment)
    _, errors = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, errors.decode()


@pytest.mark.parametrize("name", REQUIRED)
def test_each_missing_setting_is_named(name):
    with pytest.raises(MissingSettingError, match=name):
        RuntimeConfig.from_environment({**REQUIRED, name: "  "})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RUNTIME_PORT", "http"), ("RUNTIME_PORT", "70000"), ("RUNTIME_PORT", "-1"), ("RUNTIME_INTERNAL_PORT", "٣"),
        ("RUNTIME_STALE_LIMIT_SECONDS", "soon"), ("RUNTIME_STALE_LIMIT_SECONDS", "nan"),
        ("RUNTIME_STALE_LIMIT_SECONDS", "-1"), ("RUNTIME_DATABASE_POOL_SIZE", "0"), ("LOG_FORMAT", "xml"),
    ],
)  # fmt: skip
def test_each_setting_that_does_not_serve_is_named_but_not_repeated(name, value):
    with pytest.raises(InvalidSettingError, match=name) as refused:
        RuntimeConfig.from_environment({**REQUIRED, name: value})
    assert value not in str(refused.value).replace("-", "").split()


def test_settings_have_their_documented_defaults():
    config = RuntimeConfig.from_environment(REQUIRED)
    assert (config.host, config.port, config.internal_port) == ("127.0.0.1", 8010, 8011)
    assert (config.stale_limit_seconds, config.log_format) == (900.0, "console")
    assert REQUIRED["TENANT_ENCRYPTION_KEYS"] not in repr(config)
    assert "only for tests" not in repr(config)


async def test_a_missing_setting_is_one_sentence_and_status_two():
    status, errors = await outcome(**{**REQUIRED, "DATABASE_URL": ""})
    assert status == 2
    assert errors == "The runtime needs the environment variable DATABASE_URL; see docs/settings.md.\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHAINLIT_APPS_DIR", "/nonexistent"),
        ("RUNTIME_DATA_DIR", "/dev/null/data"),
        ("TENANT_ENCRYPTION_KEYS", "nonsense"),
        ("DATABASE_URL", "host=x password='hush-hush"),
    ],
)
async def test_a_setting_that_cannot_be_used_is_one_sentence_and_status_two(name, value):
    status, errors = await outcome(**{**REQUIRED, "RUNTIME_PORT": "0", "RUNTIME_INTERNAL_PORT": "0", name: value})
    assert status == 2
    assert errors.count("\n") == 1
    assert name in errors
    assert value not in errors


async def test_a_port_in_use_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, errors = await outcome(**REQUIRED, RUNTIME_PORT=port, RUNTIME_INTERNAL_PORT="0")
    assert status == 1
    assert errors == f"The runtime cannot listen on 127.0.0.1 port {port}: Address already in use.\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_in_seconds_with_status_zero(database_url, registry, tmp_path, number):
    acme = registry.add("acme")
    taken = set()
    port, internal_port = (choose_port(taken) for _ in range(2))
    process = await start(
        **{**REQUIRED, "DATABASE_URL": database_url, "RUNTIME_DATA_DIR": str(tmp_path / "runtime")},
        RUNTIME_PORT=str(port),
        RUNTIME_INTERNAL_PORT=str(internal_port),
        LOG_FORMAT="json",
    )
    async with httpx.AsyncClient() as client:
        await until(lambda: _is_ready(client, internal_port), within=20)
        answer = await client.get(f"http://127.0.0.1:{port}/", headers={"host": acme.hosts[0]})
        assert answer.json()["slug"] == acme.slug
    process.send_signal(number)
    _, errors = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 0
    assert "Traceback" not in errors.decode()
    assert "runtime_stopped" in errors.decode()


async def test_a_request_on_its_way_is_answered_before_the_end(database_url, registry, tmp_path):
    acme = registry.add("acme")
    taken = set()
    port, internal_port = (choose_port(taken) for _ in range(2))
    process = await start(
        **{**REQUIRED, "DATABASE_URL": database_url, "RUNTIME_DATA_DIR": str(tmp_path / "runtime")},
        RUNTIME_PORT=str(port),
        RUNTIME_INTERNAL_PORT=str(internal_port),
    )
    async with httpx.AsyncClient(timeout=10) as client:
        await until(lambda: _is_ready(client, internal_port), within=20)
        slow = asyncio.create_task(client.get(f"http://127.0.0.1:{port}/slow", headers={"host": acme.hosts[0]}))
        await until(lambda: _has_begun(client, internal_port))
        process.send_signal(signal.SIGTERM)
        assert (await slow).json()["slug"] == acme.slug
    await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 0


async def test_with_chainlit_in_it_the_process_serves_two_tenants_and_ends_as_well(database_url, tmp_path):
    taken = set()
    port, internal_port = (choose_port(taken) for _ in range(2))
    process = await start(
        module="runtime",
        **{
            **REQUIRED,
            "DATABASE_URL": database_url,
            "RUNTIME_DATA_DIR": str(tmp_path / "runtime"),
            "CHAINLIT_APPS_DIR": os.environ["CHAINLIT_APPS_DIR"],
            "PYTHONWARNINGS": "default",
        },
        RUNTIME_PORT=str(port),
        RUNTIME_INTERNAL_PORT=str(internal_port),
    )
    async with httpx.AsyncClient() as client:
        await until(lambda: _is_ready(client, internal_port), within=30)
        for slug in ("acme", "globex"):
            answer = await client.get(f"http://127.0.0.1:{port}/", headers={"host": f"{slug}.localhost"})
            assert f"<title>{slug.capitalize()}</title>" in answer.text
    process.send_signal(signal.SIGTERM)
    _, errors = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode, "runtime_stopped" in errors.decode()) == (0, True)
    assert "Traceback" not in errors.decode()


async def test_an_app_alone_is_chatted_with_at_a_plain_address_without_any_database(tmp_path):
    taken = set()
    port, internal_port = (choose_port(taken) for _ in range(2))
    process = await start(
        module="runtime",
        RUNTIME_STATE_SOURCE="app:assistant",
        RUNTIME_MASTER_SECRET="only for tests",
        CHAINLIT_APPS_DIR=os.environ["CHAINLIT_APPS_DIR"],
        RUNTIME_DATA_DIR=str(tmp_path / "runtime"),
        RUNTIME_PORT=str(port),
        RUNTIME_INTERNAL_PORT=str(internal_port),
        PYTHONWARNINGS="default",
    )
    async with httpx.AsyncClient() as client:
        await until(lambda: _is_ready(client, internal_port), within=30)
        assert (await client.get(f"http://127.0.0.1:{port}/", headers={"host": "example.com"})).status_code == 404
    origin = f"http://127.0.0.1:{port}"
    async with ChainlitClient(origin, headers={"Origin": origin}) as chat:
        assert "84" in (await chat.send("What is 12 * (3 + 4)?")).text
    process.send_signal(signal.SIGTERM)
    _, errors = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode, "Traceback" in errors.decode()) == (0, False)


async def test_members_who_are_listed_in_a_file_sign_in_at_their_own_tenant_alone(tmp_path):
    folder = tmp_path / "tenants"
    folder.mkdir()
    hashed = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("correct horse battery")
    for slug in ("acme", "globex"):
        member = f'[[members]]\nemail = "ann@{slug}.example"\npassword = "{hashed}"\n'
        (folder / f"{slug}.toml").write_text(f'app = "assistant"\naccess = "members"\n{member}')
    taken = set()
    port, internal_port = (choose_port(taken) for _ in range(2))
    process = await start(
        module="runtime",
        RUNTIME_STATE_SOURCE=f"file://{folder}",
        RUNTIME_MASTER_SECRET="only for tests",
        CHAINLIT_APPS_DIR=os.environ["CHAINLIT_APPS_DIR"],
        RUNTIME_DATA_DIR=str(tmp_path / "runtime"),
        RUNTIME_PORT=str(port),
        RUNTIME_INTERNAL_PORT=str(internal_port),
        PYTHONWARNINGS="default",
    )

    async def sign_in(client, slug, email):
        credentials = {"username": email, "password": "correct horse battery"}
        headers = {"host": f"{slug}.localhost"}
        return (await client.post(f"http://127.0.0.1:{port}/login", headers=headers, data=credentials)).status_code

    async with httpx.AsyncClient(timeout=20) as client:
        await until(lambda: _is_ready(client, internal_port), within=30)
        assert await sign_in(client, "acme", "ann@acme.example") == 200
        assert await sign_in(client, "globex", "ann@globex.example") == 200
        assert await sign_in(client, "globex", "ann@acme.example") == 401
        assert await sign_in(client, "acme", "nobody@acme.example") == 401
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 0


async def _is_ready(client, port):
    try:
        return (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
    except httpx.TransportError:
        return False


async def _has_begun(client, port):
    return "chainlit_tenants_resolve_misses_total 1.0" in (await client.get(f"http://127.0.0.1:{port}/metrics")).text


async def test_answers_do_not_wait_for_the_clients_acknowledgement():
    """Nagle's algorithm is off on every accepted connection; asyncio sees to it only where a socket says TCP."""
    listener = bind("127.0.0.1", 0)
    assert listener.proto == socket.IPPROTO_TCP
    accepted = asyncio.get_running_loop().create_future()

    def serve(_reader, writer):
        accepted.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    server = await asyncio.start_server(serve, sock=listener)
    async with server:
        _, writer = await asyncio.open_connection(*listener.getsockname()[:2])
        assert await accepted
        writer.close()
        await writer.wait_closed()
