"""A tenant that names networks is reached from them alone: its pages, its streams and its sockets."""

import asyncio

import httpx
import msgspec
import pytest

from runtime.live import EVENTS_PATH
from tenants.contract.state import AccessPolicy
from tests.runtime.shells import serving
from tests.runtime.test_live import listening
from tests.runtime.waiting import until

OFFICE = AccessPolicy(networks=("203.0.113.0/24", "2001:db8::/32"))
HERE = AccessPolicy(networks=("127.0.0.1/32",))
INSIDE, OUTSIDE = "203.0.113.7", "198.51.100.7"


async def ask(port, host, *, address, path="/", accept="application/json"):
    """Ask as the gateway does for somebody at an address."""
    headers = {"host": host, "x-forwarded-for": address, "accept": accept}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        return await client.get(path, headers=headers)


async def lets_in(port, host):
    return (await ask(port, host, address="127.0.0.1")).status_code == 200


@pytest.mark.parametrize("address", [INSIDE, f"::ffff:{INSIDE}", "2001:db8::7"])
async def test_people_within_the_networks_are_served(shell, registry, address):
    acme = registry.add("acme", access=OFFICE)
    async with serving(shell) as port:
        answer = await ask(port, acme.hosts[0], address=address)
    assert (answer.status_code, answer.json()["slug"]) == (200, acme.slug)


@pytest.mark.parametrize("path", ["/", "/project/settings", EVENTS_PATH, "/_assets/x", "/ws/socket.io/"])
async def test_people_outside_are_refused_everywhere_and_at_that_tenant_alone(shell, registry, path):
    acme, globex = registry.add("acme", access=OFFICE), registry.add("globex")
    async with serving(shell) as port:
        answer = await ask(port, acme.hosts[0], address=OUTSIDE, path=path)
        elsewhere = await ask(port, globex.hosts[0], address=OUTSIDE)
    assert (answer.status_code, answer.json()["code"]) == (403, "network_refused")
    assert answer.json()["address"] == OUTSIDE
    assert elsewhere.status_code == 200


async def test_a_person_reads_on_a_page_which_address_was_refused(shell, registry):
    acme = registry.add("acme", access=OFFICE)
    async with serving(shell) as port:
        answer = await ask(port, acme.hosts[0], address=f"::ffff:{OUTSIDE}", accept="text/html")
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert f"your address, {OUTSIDE}, is in none of them" in answer.text
    assert "203.0.113" not in answer.text, "the networks themselves are nobody's to read"


async def test_an_address_is_believed_from_trusted_proxies_alone(shell, registry):
    acme = registry.add("acme", access=OFFICE)
    async with serving(shell, trusted_proxies=("192.0.2.1",)) as port:
        answer = await ask(port, acme.hosts[0], address=INSIDE)
    assert (answer.status_code, answer.json()["address"]) == (403, "127.0.0.1")


async def test_a_client_without_an_address_is_refused_where_networks_are_named(shell, registry):
    acme, globex = registry.add("acme", access=OFFICE), registry.add("globex")
    transport = httpx.ASGITransport(shell.application, client=("", 0))
    async with httpx.AsyncClient(transport=transport, base_url="http://unset") as client:
        refused = await client.get("/", headers={"host": acme.hosts[0]})
        served = await client.get("/", headers={"host": globex.hosts[0]})
    assert (refused.status_code, served.status_code) == (403, 200)


async def test_a_socket_from_outside_is_refused_before_it_is_accepted(shell, registry):
    acme = registry.add("acme", access=OFFICE)
    async with serving(shell) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        lines = [
            "GET /ws/socket.io/?EIO=4&transport=websocket HTTP/1.1", f"Host: {acme.hosts[0]}", "Upgrade: websocket",
            "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
            f"X-Forwarded-For: {OUTSIDE}", "", "",
        ]  # fmt: skip
        writer.write("\r\n".join(lines).encode())
        status = await asyncio.wait_for(reader.readline(), 5)
        writer.close()
        await writer.wait_closed()
    assert b" 403 " in status


async def test_an_open_page_is_told_when_its_network_is_shut_out_and_when_it_is_back(shell, registry):
    acme = registry.add("acme")
    globex = registry.add("globex")
    shut_out = msgspec.structs.replace(acme, access=OFFICE)
    async with serving(shell) as port, listening(port, globex.hosts[0]) as theirs:
        await theirs.next()
        async with listening(port, acme.hosts[0]) as ours:
            assert (await ours.next())[0] == "state"
            registry.publish(shut_out)
            kind, _, said = await ours.next()
            assert (kind, said["title"]) == ("refused", "Not from this network")
            assert await ours.next() is None, "the stream ends with it"
        assert (await ask(port, acme.hosts[0], address="127.0.0.1", path=EVENTS_PATH)).status_code == 403
        registry.publish(msgspec.structs.replace(acme, access=HERE))
        await until(lambda: lets_in(port, acme.hosts[0]))
        async with listening(port, acme.hosts[0]) as ours:
            assert (await ours.next())[0] == "state"
        registry.publish(msgspec.structs.replace(globex, name="Globex again"))
        assert (await theirs.next())[0] == "state"
