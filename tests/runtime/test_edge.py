"""The outermost layer: an id for every request, headers that suit every answer, no bare failures."""

import asyncio
import re

import httpx
import pytest
import structlog
import websockets

from runtime.metrics import RequestCounts
from runtime.middleware.edge import Edge
from runtime.whole_answers import WholeAnswer
from tenants.contract.state import TenantStatus
from tests.runtime.shells import serving
from tests.runtime.waiting import until


async def test_every_answer_carries_an_id_that_the_app_sees(shell, registry):
    acme = registry.add("acme")
    first, second = await shell.get(acme.hosts[0]), await shell.get(acme.hosts[0])
    assert first.json()["request_id"] == first.headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{24}", first.headers["x-request-id"])
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_a_sane_id_of_the_caller_is_kept(shell, registry):
    acme = registry.add("acme")
    answer = await shell.get(acme.hosts[0], x_request_id="gateway-0123.abcd_E")
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "gateway-0123.abcd_E"


@pytest.mark.parametrize("sent", ["short", "x" * 65, "has space in it", "<script>alert</script>", "-leading-dash"])
async def test_any_other_id_of_the_caller_is_replaced(shell, registry, sent):
    answer = await shell.get(registry.add("acme").hosts[0], x_request_id=sent)
    assert answer.headers["x-request-id"] != sent


async def test_all_answers_carry_headers_that_suit_every_page(shell, registry):
    acme = registry.add("acme")
    for host in (acme.hosts[0], "nobody.localhost", "127.0.0.1"):
        answer = await shell.get(host)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"


@pytest.mark.parametrize("https", [True, False])
async def test_browsers_keep_to_https_where_the_installation_has_it(https):
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send(WholeAnswer(200, [(b"content-length", b"2")], b"no").message())

    async def send(message):
        sent.append(message)

    edge = Edge(app, counts=RequestCounts(), https=https)
    await edge({"type": "http", "headers": [], "path": "/"}, None, send)
    headers = dict(sent[0]["headers"])
    assert headers.get(b"strict-transport-security") == (b"max-age=31536000" if https else None)


async def test_a_failure_is_a_page_with_the_id_that_the_log_has(shell, registry):
    acme = registry.add("acme")
    with structlog.testing.capture_logs() as lines:
        answer = await shell.get(acme.hosts[0], "/fail", accept="text/html")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert "the app broke" not in answer.text
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["request_failed"]


async def test_an_answer_that_breaks_off_is_seen_to_be_broken(shell, registry):
    acme = registry.add("acme")
    async with serving(shell) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /half HTTP/1.1\r\nHost: {acme.hosts[0]}\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-length" in head
    assert body == b""


@pytest.mark.parametrize(("gateway", "scheme"), [("127.0.0.1", "https"), ("*", "https"), ("192.0.2.1", "http")])
async def test_the_forwarded_scheme_is_believed_of_the_gateway_alone(shell, registry, gateway, scheme):
    acme = registry.add("acme")
    headers = {"host": acme.hosts[0], "x-forwarded-proto": "https"}
    async with serving(shell, trusted_proxies=(gateway,)) as port, httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/", headers=headers)
    assert answer.json()["scheme"] == scheme


def connect(port, host, **options):
    """Open a WebSocket to a host by way of a port of this machine."""
    return websockets.connect(f"ws://{host}:{port}/ws", host="127.0.0.1", proxy=None, **options)


async def test_a_socket_belongs_to_its_host_and_reads_the_newest_state(shell, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    async with (
        serving(shell) as port,
        connect(port, acme.hosts[0]) as first,
        connect(port, globex.hosts[0]) as second,
    ):
        await first.send("who")
        await second.send("who")
        assert (await first.recv(), await second.recv()) == (acme.branding.display_name, globex.branding.display_name)
        assert first.response.headers["x-request-id"]
        registry.rename(acme, "Acme Rockets")
        await until(lambda: _answers(first, "Acme Rockets"))
        assert await _answers(second, globex.branding.display_name)


async def test_a_socket_without_a_tenant_is_denied_with_the_reason(shell, registry):
    paused = registry.add("acme", status=TenantStatus.SUSPENDED)
    async with serving(shell) as port:
        for host, status, code in (
            ("nobody.localhost", 404, "host_unknown"),
            (paused.hosts[0], 503, "tenant_suspended"),
        ):
            with pytest.raises(websockets.InvalidStatus) as denied:
                async with connect(port, host):
                    pass
            assert denied.value.response.status_code == status
            assert code in denied.value.response.body.decode()


async def test_a_server_that_cannot_deny_closes_with_try_again_later(shell, registry):
    paused = registry.add("acme", status=TenantStatus.SUSPENDED)
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "websocket", "path": "/ws", "headers": [(b"host", paused.hosts[0].encode())], "extensions": {}}
    await shell.application(scope, None, send)
    assert sent == [{"type": "websocket.close", "code": 1013, "reason": "tenant_suspended"}]


async def test_a_socket_whose_app_fails_is_closed_as_failed(shell, registry):
    acme = registry.add("acme")
    async with serving(shell) as port, connect(port, acme.hosts[0]) as socket:
        await socket.send("fail")
        with pytest.raises(websockets.ConnectionClosedError) as closed:
            await socket.recv()
        assert closed.value.rcvd.code == 1011


async def test_suspending_closes_that_tenants_sockets_and_no_others(shell, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    await shell.get(acme.hosts[0])
    await shell.get(globex.hosts[0])
    registry.publish(acme, status=TenantStatus.SUSPENDED)
    await until(lambda: shell.host.closed)
    assert shell.host.closed == [acme.id]
    assert (await shell.get(acme.hosts[0])).status_code == 503
    registry.publish(acme)
    await until(lambda: _is_served(shell, acme))


async def _answers(socket, name):
    await socket.send("who")
    return await socket.recv() == name


async def _is_served(shell, state):
    return (await shell.get(state.hosts[0])).status_code == 200


async def test_a_whole_answer_is_counted_and_gets_the_id_and_the_fields_it_lacks():
    counts, sent = RequestCounts(), []

    async def app(scope, receive, send):
        headers = [(b"content-length", b"2"), (b"referrer-policy", b"no-referrer")]
        await send(WholeAnswer(404, headers, b"no").message())

    async def send(message):
        sent.append(message)

    await Edge(app, counts=counts)({"type": "http", "headers": [(b"x-request-id", b"the-callers-id")]}, None, send)

    [message] = sent
    fields = message["fields"].split(b"\r\n")
    assert fields == [
        b"content-length: 2", b"referrer-policy: no-referrer", b"x-content-type-options: nosniff",
        b"x-request-id: the-callers-id", b"",
    ]  # fmt: skip
    assert counts.http[4] == 1
