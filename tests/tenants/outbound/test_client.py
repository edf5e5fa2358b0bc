"""The client for tenants' addresses over real sockets: the public internet, and networks that the operators allow."""

from dataclasses import replace
from ipaddress import ip_address

import httpx2
import pytest
from django.core.exceptions import ImproperlyConfigured

from controlplane.env import ControlPlaneEnvironment
from tenants.outbound.client import GuardedTransport, check_url, open_client
from tenants.outbound.errors import UrlRefusedError, UrlUnavailableError, UrlUnreachableError
from tests.conftest import ENVIRONMENT
from tests.tenants.outbound.servers import authority, ok, redirect, serving


@pytest.fixture
def allow(settings):
    """Allow networks for the length of a test."""

    def set_networks(*networks: str) -> None:
        settings.ENVIRONMENT = replace(settings.ENVIRONMENT, outbound_allowed_networks=networks)

    return set_networks


def client(**rules) -> httpx2.Client:
    return httpx2.Client(transport=GuardedTransport(**{"seconds": 30, **rules}), trust_env=False)


def test_a_form_goes_out_and_the_answer_comes_whole(allow, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    allow("127.0.0.1/32")
    with serving(ok(b'{"a": 1}', headers="Set-Cookie: seen=1\r\n")) as server, open_client(seconds=30) as asking:
        url = f"http://127.0.0.1:{server.port}/token?x=1"
        answer = asking.post(url, data={"code": "a b"}, headers={"Authorization": "Basic eA=="})
        assert (answer.status_code, answer.json()) == (200, {"a": 1})
    (request,) = server.requests
    head, _, body = request.decode().partition("\r\n\r\n")
    assert head.startswith("POST /token?x=1 HTTP/1.1\r\n")
    assert body == "code=a+b"
    assert "authorization: basic ea==" in head.lower()
    assert "accept-encoding: identity" in head.lower()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "[::1]", "169.254.169.254"])
def test_without_allowed_networks_nothing_private_is_asked(host):
    with serving(ok(b"secret")) as server, open_client() as asking:
        for scheme in ("http", "https"):
            with pytest.raises(UrlRefusedError):
                asking.get(f"{scheme}://{host}:{server.port}/")
    assert server.connections == 0


def test_an_allowed_network_opens_itself_and_no_other(allow):
    allow("127.0.0.2/32")
    with serving(ok(b"ours"), address="127.0.0.2") as ours, serving(ok(b"secret")) as theirs, open_client() as asking:
        assert asking.get(f"http://127.0.0.2:{ours.port}/").content == b"ours"
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(UrlRefusedError, match="not public"):
                asking.get(f"http://{host}:{theirs.port}/")
    assert theirs.connections == 0


def test_plain_http_never_goes_to_the_public_internet(allow):
    allow("127.0.0.2/32")
    public = client(resolve=lambda _host, _seconds: [ip_address("93.184.216.34")])
    with pytest.raises(UrlRefusedError, match="not public"):
        public.get("http://login.example/")
    allow()
    with pytest.raises(UrlRefusedError, match="must begin with https"):
        public.get("http://login.example/")


def test_a_name_that_leads_to_a_private_address_among_others_is_refused(allow, tmp_path):
    server_context, client_context = authority(tmp_path, "login.example")
    with serving(ok(b"fine"), context=server_context) as server:
        url = f"https://login.example:{server.port}/"
        inside = [ip_address("93.184.216.34"), ip_address("127.0.0.1")]
        with pytest.raises(UrlRefusedError):
            client(resolve=lambda _host, _seconds: inside, ssl_context=client_context).get(url)
        assert server.connections == 0
        allow("127.0.0.1/32")
        trusting = client(resolve=lambda _host, _seconds: [ip_address("127.0.0.1")], ssl_context=client_context)
        assert trusting.get(url).content == b"fine"
        with pytest.raises(UrlUnreachableError, match="no certificate"):
            client(resolve=lambda _host, _seconds: [ip_address("127.0.0.1")]).get(url)


def test_redirects_are_answers_and_lead_nowhere(allow):
    allow("127.0.0.1/32")
    with serving(redirect("http://127.0.0.1:1/")) as server, open_client() as asking:
        assert asking.get(f"http://127.0.0.1:{server.port}/").status_code == 302
    assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"x" * 2001),
        ok(b"x", headers="Content-Encoding: gzip\r\n"),
        lambda _server, connection: connection.sendall(b"220 mail.example ESMTP\r\n"),
        lambda server, _connection: server.stopping.wait(20) and None,
    ],
    ids=["too long", "compressed", "no web server", "silent"],
)
def test_an_answer_that_cannot_be_taken_is_given_up(allow, answer):
    allow("127.0.0.1/32")
    with (
        serving(answer) as server,
        open_client(maximum_bytes=2000, seconds=1) as asking,
        pytest.raises(UrlUnreachableError),
    ):
        asking.get(f"http://127.0.0.1:{server.port}/")
    with pytest.raises(UrlUnavailableError, match="does not answer just now"):
        client().get(f"http://127.0.0.1:{server.port}/")


@pytest.mark.parametrize(
    "url", ["https://login.example:25/", "https://u:p@login.example/", "ftp://login.example/", "x"]
)
def test_what_is_never_asked_is_refused_beforehand(url):
    with pytest.raises(UrlRefusedError):
        check_url(url)


def test_a_network_that_is_none_is_told_at_the_start():
    with pytest.raises(ImproperlyConfigured, match=r"OUTBOUND_ALLOWED_NETWORKS.*10\.1\.2\.3"):
        ControlPlaneEnvironment.from_environment({**ENVIRONMENT, "OUTBOUND_ALLOWED_NETWORKS": "10.1.2.3/8"})
    read = ControlPlaneEnvironment.from_environment({**ENVIRONMENT, "OUTBOUND_ALLOWED_NETWORKS": "10.0.0.0/8, ::1"})
    assert read.outbound_allowed_networks == ("10.0.0.0/8", "::1/128")
