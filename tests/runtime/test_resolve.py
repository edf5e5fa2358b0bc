"""From Host header to tenant: each host gets its own, and nobody gets another's."""

import asyncio

import pytest

from tenants.contract.state import TenantStatus
from tests.runtime.shells import serving

PAGE = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"


async def ask(port, request):
    """Send bytes as they are; return status, headers and body of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.lower(), body


def request_to(*hosts, target=b"/", version=b"1.1"):
    lines = [b"GET " + target + b" HTTP/" + version, *(b"Host: " + host for host in hosts), b"Connection: close"]
    return b"\r\n".join(lines) + b"\r\n\r\n"


async def test_each_host_is_answered_for_its_own_tenant(shell, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    for state in (acme, globex, acme, globex):
        answer = (await shell.get(state.hosts[0])).json()
        assert answer["slug"] == answer["in_task"] == answer["in_thread"] == state.slug
        assert answer["same_handle"]


async def test_requests_of_two_tenants_at_once_do_not_mix(shell, registry):
    states = [registry.add("acme"), registry.add("globex")] * 50
    answers = await asyncio.gather(*(shell.get(state.hosts[0]) for state in states))
    for state, answer in zip(states, answers, strict=True):
        told = answer.json()
        assert told["slug"] == told["in_task"] == told["in_thread"] == state.slug


@pytest.mark.parametrize(
    "spelling",
    ["{host}:8000", "{host}.", "{host}.:8000", "{upper}", "{upper}:443"],
    ids=["port", "trailing dot", "dot and port", "capitals", "capitals and port"],
)
async def test_every_spelling_of_a_host_is_that_host(shell, registry, spelling):
    acme = registry.add("acme")
    registry.add("globex")
    host = acme.hosts[0]
    assert (await shell.get(spelling.format(host=host, upper=host.upper()))).json()["slug"] == acme.slug


async def test_an_unknown_host_is_named_and_gets_no_tenant(shell, registry):
    registry.add("acme")
    answer = await shell.get("nobody.localhost", accept=PAGE)
    assert answer.status_code == 404
    assert "nobody.localhost" in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_program_is_told_of_an_unknown_host_in_json(shell):
    answer = await shell.get("nobody.localhost", "/project/settings", accept="application/json")
    told = answer.json()
    assert (answer.status_code, told["code"], told["host"]) == (404, "host_unknown", "nobody.localhost")
    assert told["request_id"] == answer.headers["x-request-id"]


async def test_a_host_that_is_not_verified_leads_nowhere(shell, registry):
    acme = registry.add("acme")
    registry.add_domain(acme, f"unverified-{acme.slug}.example", verified=False)
    assert (await shell.get(f"unverified-{acme.slug}.example")).status_code == 404


async def test_a_host_that_the_published_document_lacks_leads_nowhere(shell, registry):
    acme = registry.add("acme")
    registry.add_domain(acme, f"unpublished-{acme.slug}.example")
    assert (await shell.get(f"unpublished-{acme.slug}.example")).status_code == 404


@pytest.mark.parametrize(
    "host",
    [
        b"", b"127.0.0.1", b"127.0.0.1:8000", b"[::1]:8000", b"0x7f.1", b"2130706433", b"user@acme.localhost",
        b"acme.localhost/", b"acme localhost", b"acme.localhost:port", b"acme.localhost:99999", b"acme..localhost",
        b"-acme.localhost", b"<script>alert(1)</script>", b"\xc3\xa4cme.localhost", b"a" * 64 + b".localhost",
        b"a." * 200 + b"localhost", b"x" * 100_000, b"acme.localhost,globex.localhost", b"acme%2elocalhost",
        b"xn--a.localhost",
    ],
    ids=lambda host: host[:24].decode("latin-1") or "empty",
)  # fmt: skip
async def test_what_is_not_a_host_is_refused_without_being_repeated(shell, host):
    async with serving(shell) as port:
        status, _, body = await ask(port, request_to(host))
    assert status == 400
    assert b"script" not in body
    assert len(host) < 8 or host not in body


async def test_two_host_headers_are_refused_even_when_they_agree(shell, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    first, second = acme.hosts[0].encode(), globex.hosts[0].encode()
    async with serving(shell) as port:
        assert (await ask(port, request_to(first, second)))[0] == 400
        assert (await ask(port, request_to(first, first)))[0] == 400


async def test_a_request_without_a_host_is_refused(shell):
    async with serving(shell) as port:
        status, head, body = await ask(port, request_to(version=b"1.0"))
    assert status == 400
    assert b"connection: close" in head
    assert b"names no host" in body


async def test_the_host_in_an_absolute_target_decides_nothing(shell, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    target = f"http://{globex.hosts[0]}/path".encode()
    async with serving(shell) as port:
        _, _, body = await ask(port, request_to(acme.hosts[0].encode(), target=target))
    assert acme.slug.encode() in body
    assert globex.slug.encode() not in body


async def test_a_forwarded_host_decides_nothing(shell, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    answer = await shell.get(acme.hosts[0], x_forwarded_host=globex.hosts[0], forwarded=f"host={globex.hosts[0]}")
    assert answer.json()["slug"] == acme.slug


async def test_a_suspended_tenant_gets_a_page_and_programs_get_json(shell, registry):
    acme, globex = registry.add("acme", status=TenantStatus.SUSPENDED), registry.add("globex")
    page = await shell.get(acme.hosts[0], accept=PAGE)
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert int(page.headers["retry-after"]) > 0
    assert "suspended" in page.text
    for path, accept in (("/project/settings", "application/json"), ("/ws/socket.io/", PAGE), ("/", "*/*")):
        answer = await shell.get(acme.hosts[0], path, accept=accept)
        assert (answer.status_code, answer.json()["code"]) == (503, "tenant_suspended")
    assert (await shell.get(globex.hosts[0])).status_code == 200


async def test_an_archived_tenant_is_as_unknown_as_any(shell, registry):
    acme = registry.add("acme", status=TenantStatus.ARCHIVED)
    answer = await shell.get(acme.hosts[0])
    assert (answer.status_code, answer.json()["code"]) == (404, "host_unknown")


async def test_a_document_of_the_future_is_an_outage_of_its_tenant_alone(shell, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    registry.publish(acme, document='{"version": 99}')
    assert (await shell.get(acme.hosts[0])).status_code == 503
    assert (await shell.get(globex.hosts[0])).status_code == 200
