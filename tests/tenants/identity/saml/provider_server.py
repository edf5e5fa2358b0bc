"""An identity provider that listens: metadata, a page to sign in at, a place to sign out. A process of its own.

It knows a service by its entity id, which is the address of that service's metadata: there it learns where answers go
and by which key questions are signed, as a real one does when it is set up.

Started as ``python -m tests.tenants.identity.saml.provider_server HOST``; it prints its port.
"""

import base64
import html
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from tests.tenants.identity.saml.identity_provider import IdentityProvider

CHECKOUT = Path(__file__).resolve().parents[4]
MD = {"md": "urn:oasis:names:tc:SAML:2.0:metadata", "ds": "http://www.w3.org/2000/09/xmldsig#"}

SIGN_IN_PAGE = """<!doctype html><meta charset="utf-8"><title>The identity provider</title>
<h1>Who are you?</h1><form method="post" action="/answer">
<input type="hidden" name="query" value="{query}">
<p><label>Address <input name="email"></label></p>
<p><label>Name <input name="name"></label></p>
<p><label>Groups <input name="groups"></label></p>
<p><button>Sign in there</button></p></form>"""

ANSWER_PAGE = """<!doctype html><meta charset="utf-8"><title>One moment</title>
<form method="post" action="{acs_url}"><input type="hidden" name="SAMLResponse" value="{answer}">
<input type="hidden" name="RelayState" value="{relay_state}"><button>Go on</button></form>
<script>document.forms[0].submit()</script>"""


@dataclass(frozen=True)
class Service:
    """A service as its metadata has it."""

    entity_id: str
    acs_urls: tuple[str, ...]
    slo_url: str
    certificate: str

    @classmethod
    def at(cls, entity_id: str) -> "Service":
        """Read the metadata at its address. Names below localhost are this machine, which Python does not know."""
        place = urlsplit(entity_id)
        answer = httpx.get(f"http://127.0.0.1:{place.port}{place.path}", headers={"host": place.netloc}, timeout=30)
        root = etree.fromstring(answer.raise_for_status().content)
        assert root.get("entityID") == entity_id

        def locations(service: str) -> tuple[str, ...]:
            return tuple(root.xpath(f".//md:{service}/@Location", namespaces=MD))

        certificate = root.xpath(".//md:KeyDescriptor[@use='signing']//ds:X509Certificate/text()", namespaces=MD)[0]
        return cls(
            entity_id,
            locations("AssertionConsumerService"),
            next(iter(locations("SingleLogoutService")), ""),
            OneLogin_Saml2_Utils.format_cert(certificate),
        )


def read_question(query: str) -> tuple[etree._Element, Service]:
    """Return a message that came by the redirect binding, and whose it is: its signature must be the service's."""
    fields = {name: values[0] for name, values in parse_qs(query).items()}
    message = etree.fromstring(zlib.decompress(base64.b64decode(fields["SAMLRequest"]), -15))
    issuer = message.findtext("{urn:oasis:names:tc:SAML:2.0:assertion}Issuer")
    service = Service.at(issuer)
    signed = query[query.index("SAMLRequest=") : query.index("&Signature=")]
    assert OneLogin_Saml2_Utils.validate_binary_sign(
        signed, base64.b64decode(fields["Signature"]), cert=service.certificate, algorithm=fields["SigAlg"]
    ), "the question is signed by somebody else"
    return message, service


class Handler(BaseHTTPRequestHandler):
    """What the provider answers to whom."""

    provider: IdentityProvider

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        if place.path == "/metadata":
            self._send(self.provider.metadata().decode(), "application/samlmetadata+xml")
        elif place.path == "/sso":
            read_question(place.query)
            self._send(SIGN_IN_PAGE.format(query=html.escape(place.query)))
        elif place.path == "/apps":
            self._send(SIGN_IN_PAGE.format(query=html.escape(place.query)))
        elif place.path == "/slo":
            _, service = read_question(place.query)
            relay_state = parse_qs(place.query).get("RelayState", [""])[0]
            self.send_response(302)
            self.send_header("Location", f"{service.slo_url}?{urlencode({'RelayState': relay_state})}")
            self.send_header("Set-Cookie", "signed-out=yes")
            self.end_headers()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        query = sent["query"][0]
        asked = parse_qs(query)
        if "SAMLRequest" in asked:
            question, service = read_question(query)
            acs_url, request_id = question.get("AssertionConsumerServiceURL"), question.get("ID")
            assert acs_url in service.acs_urls
        else:
            service = Service.at(asked["service"][0])
            acs_url, request_id = service.acs_urls[0], ""
        email = sent["email"][0]
        answer = self.provider.answer(
            acs_url=acs_url,
            audience=service.entity_id,
            request_id=request_id,
            name_id=f"id-of-{email}",
            attributes={"email": [email], "displayName": sent.get("name", []), "groups": sent.get("groups", [])},
        )
        page = ANSWER_PAGE.format(acs_url=acs_url, answer=answer, relay_state=asked.get("RelayState", [""])[0])
        self._send(page)

    def log_message(self, *_: Any) -> None:
        """Be quiet."""

    def _send(self, text: str, content_type: str = "text/html") -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@dataclass(frozen=True)
class RunningProvider:
    """The process as browsers reach it."""

    url: str
    metadata: str


@contextmanager
def running_provider(host: str) -> Iterator[RunningProvider]:
    """Run a provider under a name below localhost, until the block ends."""
    command = [sys.executable, "-m", "tests.tenants.identity.saml.provider_server", host]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = int(process.stdout.readline())
            metadata = httpx.get(f"http://127.0.0.1:{port}/metadata", timeout=30).text
            yield RunningProvider(f"http://{host}:{port}", metadata)
        finally:
            process.terminate()


def main(host: str) -> None:
    """Serve until somebody ends the process."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    place = f"http://{host}:{server.server_port}"
    Handler.provider = IdentityProvider(entity_id=f"{place}/metadata", sso_url=f"{place}/sso", slo_url=f"{place}/slo")
    print(server.server_port, flush=True)  # noqa: T201 - for whoever started it
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
