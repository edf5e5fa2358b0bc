"""The gateway: who gets which request, what is passed on, and what is said when nobody answers."""

import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest
from websockets.sync.client import connect

from controlplane.supervisor.caddy import Caddy
from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.processes import running
from tests.controlplane.supervisor.upstreams import chat, listening
from tests.controlplane.supervisor.waiting import wait_until

NOBODY = "127.0.0.1:1"
"""An address where nothing listens."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caddy]:
    """A running gateway in front of one upstream of each kind and two runtimes."""
    directory = tmp_path_factory.mktemp("gateway")
    with ExitStack() as stack:
        caddy = Caddy(
            directory=directory / "caddy",
            port=choose_port(),
            platform_hosts=("localhost", "127.0.0.1"),
            controlplane=stack.enter_context(listening("control plane")),
            runtimes=(stack.enter_context(listening("runtime")), stack.enter_context(listening("runtime"))),
            s3_endpoint_url=f"http://{stack.enter_context(listening('store'))}",
            cookie_secret="secret",
        )
        processes = stack.enter_context(running(caddy.child(), log_directory=directory))
        server = psutil.Process(processes["gateway"].pid)
        listening_on = {c.laddr.ip for c in server.net_connections() if c.status == psutil.CONN_LISTEN}
        assert listening_on <= {"127.0.0.1", "::1"}
        yield caddy


def lone(directory: Path, **fields: object) -> Caddy:
    """A gateway with nobody behind it, except who is named."""
    upstreams = {"controlplane": NOBODY, "runtimes": (NOBODY,), "s3_endpoint_url": f"http://{NOBODY}"} | fields
    return Caddy(directory=directory / "caddy", port=choose_port(), platform_hosts=("localhost",), **upstreams)


def ask(gateway: Caddy, path: str = "/", *, host: str, method: str = "GET", **options: object) -> httpx.Response:
    headers = {"Host": host, **options.pop("headers", {})}
    return httpx.request(method, f"http://127.0.0.1:{gateway.port}{path}", headers=headers, timeout=20, **options)


@pytest.mark.parametrize(
    ("host", "path", "who"),
    [
        ("localhost", "/admin/", "control plane"),
        ("localhost", "/", "control plane"),
        ("localhost", "/settings/static/x.css", "control plane"),
        ("LOCALHOST", "/healthz", "control plane"),
        ("localhost.", "/healthz", "control plane"),
        ("127.0.0.1", "/healthz", "control plane"),
        ("localhost", "/_assets/acme/logo.webp", "store"),
        ("acme.localhost", "/", "runtime"),
        ("acme.localhost", "/settings", "control plane"),
        ("acme.localhost", "/settings/", "control plane"),
        ("acme.localhost", "/settings/branding/", "control plane"),
        ("acme.localhost", "/settingsx", "runtime"),
        ("acme.localhost", "/healthz", "runtime"),
        ("acme.localhost", "/_assets/acme/logo.webp", "runtime"),
        ("unknown.example", "/", "runtime"),
        ("192.0.2.1", "/", "runtime"),
    ],
)
def test_host_and_path_decide_who_answers(gateway, host, path, who):
    for name in (host, f"{host}:{gateway.port}"):
        answer = ask(gateway, path, host=name).json()
        assert (answer["who"], answer["headers"]["Host"]) == (who, name)


def test_assets_are_read_from_the_public_bucket_and_nothing_else_reaches_the_store(gateway):
    private = {"Authorization": "AWS4 x", "Cookie": "sessionid=1", "X-Amz-Date": "1", "Range": "bytes=0-9"}
    response = ask(gateway, "/_assets/acme/a-b.webp?acl&list-type=2", host="localhost", headers=private)
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    answer = response.json()
    assert answer["path"] == "/assets-public/acme/a-b.webp"
    assert not {"Authorization", "Cookie", "X-Amz-Date"} & answer["headers"].keys()
    assert answer["headers"]["Range"] == "bytes=0-9"
    for method in ("PUT", "POST", "DELETE"):
        assert ask(gateway, "/_assets/acme/logo.webp", host="localhost", method=method).status_code == 405


@pytest.mark.parametrize("host", ["localhost", "acme.localhost", "chat.customer.example"])
def test_a_form_posted_on_any_host_reaches_the_private_bucket_and_nothing_else_does(gateway, host):
    private = {"Authorization": "AWS4 x", "Cookie": "sessionid=1", "X-Amz-Date": "1"}
    response = ask(gateway, "/_uploads?delete&list-type=2", host=host, method="POST", headers=private, content=b"form")
    assert "sandbox" in response.headers["Content-Security-Policy"]
    answer = response.json()
    assert (answer["who"], answer["path"]) == ("store", "/assets-private")
    assert not {"Authorization", "Cookie", "X-Amz-Date"} & answer["headers"].keys()
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        assert ask(gateway, "/_uploads", host=host, method=method).status_code == 405
    for path in ("/_uploads/", "/_uploads/key", "/_uploads/../assets-private/key"):
        assert ask(gateway, path, host=host, method="POST").json()["who"] != "store"


def test_a_font_may_be_used_on_every_tenants_page_whatever_the_store_says_of_origins(gateway):
    origin = {"Origin": "http://acme.localhost"}
    response = ask(gateway, "/_assets/acme/brand.woff2", host="localhost", headers=origin)
    assert response.headers.get_list("Access-Control-Allow-Origin") == ["*"]


@pytest.mark.parametrize("path", ["/_assets/", "/_assets/a//b", "/_assets/a/", "/_assets/.hidden", "/_assets/a%20b"])
def test_what_is_no_key_is_not_found(gateway, path):
    assert ask(gateway, path, host="localhost").status_code == 404


def test_a_path_cannot_leave_the_public_bucket(gateway):
    with socket.create_connection(("127.0.0.1", gateway.port)) as connection:
        connection.sendall(
            b"GET /_assets/../assets-private/key HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b'"path": "/assets-private' not in answer


def test_a_visitor_stays_with_one_runtime(gateway):
    origin = f"http://127.0.0.1:{gateway.port}"
    with httpx.Client(base_url=origin, headers={"Host": "acme.localhost"}) as visitor:
        assert visitor.get("/").headers["Set-Cookie"].startswith("runtime=")
        assert [visitor.get("/").headers.get("Set-Cookie") for _ in range(5)] == [None] * 5


def test_one_runtime_needs_no_cookie(directory):
    with listening("runtime") as runtime:
        caddy = lone(directory, runtimes=(runtime,))
        with running(caddy.child(), log_directory=directory):
            assert "Set-Cookie" not in ask(caddy, host="acme.localhost").headers


def test_a_visitor_moves_on_when_their_runtime_is_gone(directory):
    with listening("runtime") as runtime:
        caddy = lone(directory, runtimes=(NOBODY, runtime))
        with running(caddy.child(), log_directory=directory):
            for _ in range(8):
                assert ask(caddy, host="acme.localhost").json()["who"] == "runtime"


def test_forwarding_headers_are_the_gateways_own(gateway):
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    headers = ask(gateway, host="acme.localhost", headers=forged).json()["headers"]
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "http"
    assert headers["X-Forwarded-Host"] == "acme.localhost"


def test_answers_do_not_name_our_programs(gateway):
    for answer in (ask(gateway, host="localhost"), ask(gateway, "/_assets/x", host="localhost", method="PUT")):
        assert not {"server", "via"} & answer.headers.keys()


def test_a_websocket_passes_with_its_host(directory):
    with chat() as address:
        caddy = lone(directory, runtimes=(address,))
        with running(caddy.child(), log_directory=directory), ExitStack() as stack:
            # Python does not resolve *.localhost everywhere, so the connection is made by address.
            plain = stack.enter_context(socket.create_connection(("127.0.0.1", caddy.port)))
            websocket = stack.enter_context(connect("ws://acme.localhost/ws/socket.io/", sock=plain))
            websocket.send("hello")
            assert websocket.recv(timeout=10) == "acme.localhost hello"


def test_whoever_does_not_answer_is_named(directory):
    services = {
        ("acme.localhost", "/"): "The chat service",
        ("acme.localhost", "/settings/"): "The settings page",
        ("localhost", "/admin/"): "The control plane",
        ("localhost", "/_assets/logo"): "The asset store",
    }

    def check(host: str, path: str, service: str) -> None:
        page = ask(caddy, path, host=host, headers={"Accept": "text/html,*/*;q=0.8"})
        assert (page.status_code, page.headers["Retry-After"]) == (502, "2")
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert f"<h1>{service} is restarting</h1>" in page.text
        assert "server" not in page.headers
        program = ask(caddy, path, host=host)
        assert program.status_code == 502
        assert program.json() == {"error": {"code": "service_restarting", "message": f"{service} is restarting."}}

    caddy = lone(directory)
    with running(caddy.child(), log_directory=directory), ThreadPoolExecutor() as threads:
        checks = [threads.submit(check, host, path, service) for (host, path), service in services.items()]
        for done in checks:
            done.result()


def test_a_short_restart_is_not_noticed(directory):
    caddy = lone(directory)
    address = f"127.0.0.1:{choose_port({caddy.port})}"
    caddy = replace(caddy, runtimes=(address,))
    with running(caddy.child(), log_directory=directory) as processes, ThreadPoolExecutor() as threads:
        answer = threads.submit(ask, caddy, host="acme.localhost")
        server = psutil.Process(processes["gateway"].pid)
        wait_until(lambda: any(c.status == psutil.CONN_ESTABLISHED for c in server.net_connections()))
        with listening("runtime", port=int(address.rpartition(":")[2])):
            assert answer.result().json()["who"] == "runtime"


def test_a_body_over_the_limit_is_refused_with_a_sentence(gateway):
    answer = ask(gateway, host="localhost", method="POST", content=bytes(65 * 1024 * 1024))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "body_too_large"
    assert ask(gateway, host="localhost", method="POST", content=bytes(51 * 1024 * 1024)).json()["received"] > 50e6


@pytest.mark.parametrize(
    "header",
    [b"Host: a b", b"Host: a\x00b", b"Host: [::1", b"Host: a/../b", b"Host: x\r\nHost: y", b"Host: u@acme", b""],
)
def test_a_malformed_host_is_refused_and_the_gateway_goes_on(gateway, header):
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n" + header + b"\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 200"))  # what Go lets through, the runtime judges
    assert ask(gateway, host="acme.localhost").status_code == 200


def test_it_reads_its_configuration_again_on_a_signal(directory):
    with listening("one") as one, listening("two") as two:
        caddy = lone(directory, runtimes=(one,))
        with running(caddy.child(), log_directory=directory) as processes:
            assert ask(caddy, host="acme.localhost").json()["who"] == "one"
            replace(caddy, runtimes=(two,)).write_configuration()
            processes["gateway"].send_signal(signal.SIGUSR1)
            wait_until(lambda: ask(caddy, host="acme.localhost").json()["who"] == "two")


def test_the_configuration_is_readable_by_its_owner_alone(directory):
    caddy = lone(directory)
    caddy.write_configuration()
    assert caddy.configuration_file.stat().st_mode & 0o777 == 0o600
