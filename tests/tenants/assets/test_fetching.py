"""Files of other sites over real sockets: the good ones come whole, and nothing leads into a private network."""

import gzip
import ssl
from contextlib import ExitStack
from ipaddress import IPv4Address, ip_address
from itertools import chain, repeat

import pytest

from tenants.assets.fetching import Fetcher, fetch
from tenants.contract.errors import InvalidValueError
from tenants.outbound.errors import UrlRefusedError, UrlUnavailableError, UrlUnreachableError
from tests.tenants.outbound.servers import authority, ok, redirect, serving

LOOPBACK = IPv4Address("127.0.0.1")
ELSEWHERE = IPv4Address("127.0.0.2")
MEGABYTE = 1024 * 1024


def resolving(*addresses: IPv4Address, then: IPv4Address | None = None):
    """Return a resolver that answers each question with the next address, and with the last one from then on."""
    answers = chain(addresses, repeat(then or addresses[-1]))
    return lambda _host, _seconds: [next(answers)]


def saying(data: bytes):
    """Return an answer of these bytes and the end."""
    return lambda _server, connection: connection.sendall(data)


def fetcher(*servers, **values) -> Fetcher:
    """Return a fetcher that takes this machine for the public internet, and 127.0.0.2 for a private network."""
    rules = {
        "https_only": False,
        "ports": frozenset(server.port for server in servers),
        "may_connect": lambda address: address == LOOPBACK,
        "resolve": resolving(LOOPBACK),
        "seconds": 30,
        **values,
    }
    return Fetcher(**rules)


def test_a_file_comes_whole_and_the_request_says_nothing_about_us(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    content = bytes(range(256)) * 4096
    with serving(ok(content)) as server:
        file = fetcher(server).fetch(f"http://files.example:{server.port}/a.png?size=1#x", maximum_bytes=MEGABYTE)
    assert (file.content, file.content_type) == (content, "image/png")
    assert file.final_url == f"http://files.example:{server.port}/a.png?size=1"
    (request,) = server.requests
    lines = request.decode().strip().split("\r\n")
    assert lines[0] == "GET /a.png?size=1 HTTP/1.1"
    assert {line.partition(":")[0] for line in lines[1:]} == {
        "Host", "User-Agent", "Accept", "Accept-Encoding", "Connection",
    }  # fmt: skip
    assert f"Host: files.example:{server.port}" in lines
    assert "Accept-Encoding: identity" in lines


def test_a_file_of_exactly_the_limit_is_taken_and_one_byte_more_is_not():
    for size, told in ((1000, True), (1001, True), (1000, False), (1001, False)):
        head = f"Content-Length: {size}\r\n" if told else ""
        with serving(saying(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + b"x" * size)) as server:
            asked = fetcher(server)
            if size == 1000:
                assert len(asked.fetch(f"http://files.example:{server.port}/", maximum_bytes=1000).content) == 1000
                continue
            with pytest.raises(InvalidValueError) as refusal:
                asked.fetch(f"http://files.example:{server.port}/", maximum_bytes=1000)
            assert refusal.value.code == "file_too_large"


def test_tls_is_verified_against_the_name_though_the_address_is_pinned(tmp_path):
    server_context, client_context = authority(tmp_path, "files.example")
    with serving(ok(b"secret"), context=server_context) as server:
        asked = fetcher(server, https_only=True, ssl_context=client_context)
        file = asked.fetch(f"https://Files.example.:{server.port}/", maximum_bytes=100)
        with pytest.raises(UrlUnreachableError, match=r"other\.example has no certificate that can be trusted"):
            asked.fetch(f"https://other.example:{server.port}/", maximum_bytes=100)
        with pytest.raises(UrlUnreachableError, match="no certificate"):
            fetcher(server, ssl_context=ssl.create_default_context()).fetch(
                f"https://files.example:{server.port}/", maximum_bytes=100
            )
    assert file.content == b"secret"
    assert server.names == ["files.example", "other.example", "files.example"]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "[::1]", "10.0.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "255.255.255.255",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fd00:ec2::254]",
        "224.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "localhost.",
    ],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_by_default_no_private_address_is_asked_however_it_is_written(host, scheme):
    with pytest.raises(UrlRefusedError):
        Fetcher(https_only=False).fetch(f"{scheme}://{host}/", maximum_bytes=100)


def test_the_platforms_own_services_are_not_reached(seaweedfs, valkey, settings):
    for port in (seaweedfs.ports["s3"], valkey.port):
        for url in (f"https://127.0.0.1:{port}/", f"http://localhost:{port}/"):
            with pytest.raises(UrlRefusedError):
                fetch(url, maximum_bytes=100)
            # Not even if their port were one that is asked.
            with pytest.raises(UrlRefusedError):
                Fetcher(https_only=False, ports=frozenset({port})).fetch(url, maximum_bytes=100)


def test_plain_http_is_refused_unless_the_platform_allows_it(settings):
    assert settings.ENVIRONMENT.remote_assets_https_only
    with pytest.raises(UrlRefusedError, match="must begin with https"):
        fetch("http://files.example/logo.png", maximum_bytes=100)


@pytest.mark.parametrize("private", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00::1"])
def test_a_name_with_a_private_address_among_public_ones_is_refused(private):
    with serving(ok(b"secret")) as server:
        asked = Fetcher(
            https_only=False,
            ports=frozenset({server.port}),
            resolve=lambda _host, _seconds: [ip_address("93.184.216.34"), ip_address(private)],
        )
        with pytest.raises(UrlRefusedError, match=r"files\.example leads into a network that is not public"):
            asked.fetch(f"http://files.example:{server.port}/", maximum_bytes=100)
    assert server.connections == 0


def test_a_name_that_changes_its_address_after_the_check_leads_nowhere_else():
    with ExitStack() as stack:
        public = stack.enter_context(serving(ok(b"public")))
        asked = fetcher(public, resolve=resolving(LOOPBACK, then=ELSEWHERE))
        url = f"http://rebinding.example:{public.port}/"
        assert asked.fetch(url, maximum_bytes=100).content == b"public"
        # The next file looks the name up again, and finds the private address before anything is connected.
        with pytest.raises(UrlRefusedError):
            asked.fetch(url, maximum_bytes=100)
    assert public.connections == 1


def test_a_redirect_to_the_same_name_is_looked_up_and_checked_again():
    with serving(redirect("/next")) as server:
        asked = fetcher(server, resolve=resolving(LOOPBACK, then=ELSEWHERE))
        with pytest.raises(UrlRefusedError, match="not public"):
            asked.fetch(f"http://rebinding.example:{server.port}/", maximum_bytes=100)
    assert server.connections == 1


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:{port}/", "//127.0.0.2:{port}/", "http://[::1]:{port}/", "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd", "ftp://files.example/", "http://user@files.example:{port}/", "http://files.example:22/",
        "http://0x7f.2:{port}/", "http://2130706434:{port}/", "\\\\127.0.0.2\\x", "http://[127.0.0.2/",
    ],
)  # fmt: skip
def test_a_redirect_to_where_nothing_is_asked_is_not_followed(location):
    with ExitStack() as stack:
        private = stack.enter_context(serving(ok(b"secret"), address="127.0.0.2"))
        public = stack.enter_context(serving(redirect(location.format(port=private.port))))
        names = {"files.example": LOOPBACK}
        asked = fetcher(public, private, resolve=lambda host, _: [names.get(host) or ip_address(host)])
        with pytest.raises(UrlRefusedError):
            asked.fetch(f"http://files.example:{public.port}/", maximum_bytes=100)
    assert private.connections == 0


def test_a_redirect_from_https_to_plain_http_is_not_followed(tmp_path):
    server_context, client_context = authority(tmp_path, "files.example")
    with ExitStack() as stack:
        plain = stack.enter_context(serving(ok(b"plain")))
        secure = stack.enter_context(
            serving(redirect(f"http://files.example:{plain.port}/"), context=server_context)
        )  # fmt: skip
        asked = fetcher(plain, secure, https_only=True, ssl_context=client_context)
        with pytest.raises(UrlRefusedError, match="must begin with https"):
            asked.fetch(f"https://files.example:{secure.port}/", maximum_bytes=100)
    assert plain.connections == 0


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_redirects_are_followed_without_cookies_up_to_three(status):
    with ExitStack() as stack:
        last = stack.enter_context(serving(ok(b"found")))
        chain_of = [last]
        for _ in range(4):
            answer = redirect(f"http://next.example:{chain_of[-1].port}/é", status=status)
            chain_of.append(stack.enter_context(serving(answer)))
        asked = fetcher(*chain_of)
        file = asked.fetch(f"http://files.example:{chain_of[3].port}/", maximum_bytes=100)
        assert (file.content, file.final_url) == (b"found", f"http://next.example:{last.port}/%C3%83%C2%A9")
        assert not any(b"cookie" in request.lower() for server in chain_of for request in server.requests)
        with pytest.raises(UrlRefusedError, match="more than 3 redirects"):
            asked.fetch(f"http://files.example:{chain_of[4].port}/", maximum_bytes=100)


def test_a_relative_redirect_leads_on_from_where_it_was_sent():
    def answer(server, connection):
        first = len(server.requests) == 1
        (redirect("../b.png?x=1") if first else ok(b"found"))(server, connection)

    with serving(answer) as server:
        file = fetcher(server).fetch(f"http://files.example:{server.port}/a/c/logo.png", maximum_bytes=100)
    assert file.final_url == f"http://files.example:{server.port}/a/b.png?x=1"


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"", b"HTTP/1.1 100 Continue\r\n\r\n"]
)
def test_a_server_that_sends_a_byte_now_and_then_is_given_up(head):
    def dribble(server, connection):
        connection.sendall(head)
        while not server.stopping.wait(0.02):
            connection.sendall(b"x")

    with serving(dribble) as server, pytest.raises(UrlUnreachableError, match=r"did not arrive within 0\.5 seconds"):
        fetcher(server, seconds=0.5).fetch(f"http://files.example:{server.port}/", maximum_bytes=MEGABYTE)


def test_a_server_that_never_answers_or_never_greets_is_given_up(tmp_path):
    _, client_context = authority(tmp_path, "files.example")
    with serving(lambda server, _connection: server.stopping.wait(30) and None) as server:
        for scheme in ("http", "https"):
            asked = fetcher(server, seconds=0.5, ssl_context=client_context)
            with pytest.raises(UrlUnreachableError, match="did not arrive"):
                asked.fetch(f"{scheme}://files.example:{server.port}/", maximum_bytes=100)


@pytest.mark.parametrize(
    "head", ["", "Transfer-Encoding: chunked\r\n", f"Content-Length: {2**62}\r\n", "Content-Length: 10\r\n"]
)
def test_a_body_without_end_is_taken_no_further_than_the_limit(head):
    sent = 0

    def pour(server, connection):
        nonlocal sent
        connection.sendall(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode())
        block = b"x" * 65536
        chunk = b"10000\r\n" + block + b"\r\n" if "chunked" in head else block
        while not server.stopping.is_set():
            connection.sendall(chunk)
            sent += len(chunk)

    with serving(pour) as server:
        asked = fetcher(server)
        if "10\r\n" in head:
            assert asked.fetch(f"http://files.example:{server.port}/", maximum_bytes=MEGABYTE).content == b"x" * 10
        else:
            with pytest.raises(InvalidValueError) as refusal:
                asked.fetch(f"http://files.example:{server.port}/", maximum_bytes=MEGABYTE)
            assert refusal.value.code == "file_too_large"
    # What the sockets' buffers hold comes on top of what was read.
    assert sent < 32 * MEGABYTE


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "identity, gzip", "GZIP"])
def test_a_compressed_answer_is_refused_before_anything_is_unpacked(coding):
    bomb = gzip.compress(b"\x00" * (20 * MEGABYTE))
    with (
        serving(ok(bomb, headers=f"Content-Encoding: {coding}\r\n")) as server,
        pytest.raises(UrlUnreachableError, match="compressed, which was not asked for"),
    ):
        fetcher(server).fetch(f"http://files.example:{server.port}/", maximum_bytes=MEGABYTE)


@pytest.mark.parametrize(
    "line", [b"X-Filler: " + b"x" * 1000 + b"\r\n", b"x" * 1000, b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"],
    ids=["headers", "one header", "early hints"],
)  # fmt: skip
def test_headers_without_end_are_given_up(line):
    def pour(server, connection):
        connection.sendall(b"" if line.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\n")
        while not server.stopping.is_set():
            connection.sendall(line)

    with serving(pour) as server, pytest.raises(UrlUnreachableError):
        fetcher(server).fetch(f"http://files.example:{server.port}/", maximum_bytes=1000)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (ok(b"", status="404 Not Found"), UrlUnreachableError),
        (ok(b"", status="401 Unauthorized"), UrlUnreachableError),
        (ok(b"", status="204 No Content"), UrlUnreachableError),
        (ok(b"x", status="206 Partial Content"), UrlUnreachableError),
        (ok(b"", status="302 Found"), UrlUnreachableError),
        (ok(b"", status="500 Oh"), UrlUnavailableError),
        (ok(b"", status="503 Later"), UrlUnavailableError),
        (ok(b"", status="429 Slowly"), UrlUnavailableError),
        (saying(b"220 mail.example ESMTP\r\n"), UrlUnreachableError),
        (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), UrlUnreachableError),
        (saying(b""), UrlUnreachableError),
    ],
    ids=["404", "401", "204", "206", "302 to nowhere", "500", "503", "429", "no web server", "cut off", "closed"],
)  # fmt: skip
def test_what_is_no_file_says_whether_asking_again_may_help(answer, error):
    with serving(answer) as server, pytest.raises(error) as refusal:
        fetcher(server).fetch(f"http://files.example:{server.port}/", maximum_bytes=100)
    assert refusal.value.code == {"UrlUnreachableError": "url_unreachable"}.get(error.__name__, "url_unavailable")


def test_of_several_public_addresses_the_next_is_tried_when_one_is_dead():
    with serving(ok(b"found")) as server:
        asked = fetcher(
            server, may_connect=lambda _address: True, resolve=lambda _host, _seconds: [ELSEWHERE, LOOPBACK]
        )  # fmt: skip
        assert asked.fetch(f"http://files.example:{server.port}/", maximum_bytes=100).content == b"found"
        dead = server.port
    with pytest.raises(UrlUnavailableError, match="does not answer just now"):
        asked.fetch(f"http://files.example:{dead}/", maximum_bytes=100)
