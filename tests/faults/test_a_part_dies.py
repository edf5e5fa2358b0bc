"""Postgres, Valkey, SeaweedFS and the worker are killed, one at a time, while people chat.

What can go on goes on, what cannot says so, and all recovers by itself.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
from PIL import Image

from tests.clients.chainlit_client import ChainlitClient
from tests.clients.settings_client import SettingsClient
from tests.running_stack import RunningStack, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(300)]


def picture(colour: str) -> bytes:
    """Return a small PNG."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(buffer, "PNG")
    return buffer.getvalue()


async def eventually(condition: Callable[[], object], *, seconds: float, what: str) -> None:
    """Wait beside the event loop, so that the sockets under test go on answering their pings."""
    await asyncio.to_thread(wait_until, condition, seconds=seconds, what=what)


@asynccontextmanager
async def held_down(stack: RunningStack, name: str) -> AsyncIterator[None]:
    """Kill a part and let the supervisor see it only when the block ends."""
    with stack.supervisor_paused():
        stack.kill(name)
        yield
    await asyncio.to_thread(stack.wait_healthy, seconds=90)


def signed_in_cookies(stack: RunningStack, account: str) -> dict[str, str]:
    """Sign in to globex' chat and return the cookies."""
    email, password = stack.sign_in(account)
    response = chat_sign_in(stack, email, password)
    assert response.status_code == 200, response.text
    return dict(response.cookies)


def chat_sign_in(stack: RunningStack, email: str, password: str) -> httpx.Response:
    return httpx.post(
        f"http://127.0.0.1:{stack.port}/login",
        headers={"host": f"globex.localhost:{stack.port}"},
        data={"username": email, "password": password},
        timeout=60,
    )


def chat(stack: RunningStack, tenant: str, **options) -> ChainlitClient:
    return ChainlitClient(f"http://127.0.0.1:{stack.port}", host_header=f"{tenant}.localhost:{stack.port}", **options)


@pytest.fixture
def settings_page(stack: RunningStack) -> Iterator[SettingsClient]:
    """Acme's owner, signed in at the settings page."""
    with SettingsClient(stack.port, "acme") as client:
        assert client.sign_in(*stack.sign_in("acme_owner")).url.path == "/settings/"
        yield client


def logo(client: SettingsClient) -> dict:
    return client.file_state("logo_light")


async def test_postgres_dies(stack):
    member = signed_in_cookies(stack, "globex_member")
    async with chat(stack, "acme") as acme, chat(stack, "globex", cookies=member) as globex:
        async with held_down(stack, "postgres"):
            # Goes on: open chats, new chats of loaded tenants, signed-in members.
            assert (await acme.send("Hello")).text
            assert (await globex.send("Hello")).text
            async with chat(stack, "acme") as newcomer:
                assert (await newcomer.send("Hello")).text
            assert "Acme" in stack.get("acme").text
            # Cannot, and says so: signing in, the settings page, the admin, the health.
            refused = chat_sign_in(stack, *stack.sign_in("globex_member"))
            assert refused.status_code == 503, refused.text
            for tenant, path in (("acme", "/settings/"), ("", "/admin/")):
                page = stack.get(tenant, path, headers={"cookie": "sessionid=0123456789abcdef0123456789abcdef"})
                assert page.status_code == 503
                assert "database" in page.text
            assert stack.get("", "/healthz").status_code == 503
            assert stack.health()["database"] is False
        # Recovers: the sockets that were open, signing in, and freshness of edits.
        assert (await acme.send("Hello")).text
        assert chat_sign_in(stack, *stack.sign_in("globex_member")).status_code == 200
    with SettingsClient(stack.port, "acme") as client:
        client.sign_in(*stack.sign_in("acme_owner"))
        client.change_branding(description="After the outage")
        await eventually(lambda: "After the outage" in stack.get("acme").text, seconds=60, what="the edit")


async def test_valkey_dies(stack, settings_page):
    async with chat(stack, "acme") as acme:
        async with held_down(stack, "valkey"):
            assert (await acme.send("Hello")).text
            assert chat_sign_in(stack, *stack.sign_in("globex_member")).status_code == 200
            # An edit needs no queue; an upload is kept and waits.
            settings_page.change_branding(description="Edited without a queue")
            await eventually(lambda: "Edited without a queue" in stack.get("acme").text, seconds=60, what="the edit")
            assert settings_page.upload_image("logo_light", "logo.png", picture("green")).status_code == 202
            assert logo(settings_page)["state"] == "pending"
            assert stack.health()["broker"] is False
        await eventually(lambda: logo(settings_page)["state"] == "published", seconds=60, what="the waiting upload")
        assert (await acme.send("Hello")).text


async def test_seaweedfs_dies(stack, settings_page):
    async with chat(stack, "acme") as acme:
        async with held_down(stack, "seaweedfs"):
            assert (await acme.send("Hello")).text
            # The browser posts to the store itself, so it is the gateway that says so.
            assert settings_page.upload_image("logo_dark", "logo.png", picture("navy")).status_code in {502, 503}
            settings_page.change_branding(description="Edited without storage")
            await eventually(lambda: "Edited without storage" in stack.get("acme").text, seconds=60, what="the edit")
            assert stack.health()["storage"] is False
        # SeaweedFS answers a moment before it takes writes again; until then the refusal is the same sentence.
        await eventually(
            lambda: settings_page.upload_image("logo_dark", "logo.png", picture("navy")).status_code == 202,
            seconds=30,
            what="an upload after the outage",
        )
        await eventually(
            lambda: settings_page.file_state("logo_dark")["state"] == "published",
            seconds=60,
            what="the upload after the outage",
        )
        assert (await acme.send("Hello")).text


async def test_the_worker_dies(stack, settings_page):
    async with chat(stack, "acme") as acme:
        killed = stack.kill("worker")
        assert settings_page.upload_image("logo_light", "logo.png", picture("orange")).status_code == 202
        assert (await acme.send("Hello")).text
        settings_page.change_branding(description="Edited without a worker")
        await eventually(lambda: "Edited without a worker" in stack.get("acme").text, seconds=60, what="the edit")
        await eventually(lambda: logo(settings_page)["state"] == "published", seconds=60, what="the waiting upload")
    assert stack.pid("worker") != killed
    await asyncio.to_thread(stack.wait_healthy)


async def test_the_runtime_dies(stack):
    async with held_down(stack, "runtime"):
        page = await asyncio.to_thread(stack.get, "acme")
        assert page.status_code in {502, 503}
        assert "restarting" in page.text
        assert stack.get("acme", "/settings/sign-in/").status_code == 200
    async with chat(stack, "acme") as acme:
        assert (await acme.send("Hello")).text


async def test_the_control_plane_dies(stack):
    async with chat(stack, "acme") as acme:
        stack.kill("controlplane")
        assert (await acme.send("Hello")).text
        await asyncio.to_thread(stack.wait_healthy)
        assert (await acme.send("Hello")).text
