"""Addresses that may be asked, read once and strictly: what is checked is what is asked."""

import ipaddress
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import httpcore

from tenants.contract.hosts import InvalidHostError, normalise_host
from tenants.outbound.errors import UrlRefusedError

__all__ = ["RemoteUrl", "parse_url"]

_MAXIMUM_LENGTH = 2000
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class RemoteUrl:
    """An address in its parts. ``host`` is a normalised name or an IP address without brackets."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def host_header(self) -> str:
        """The host as requests and addresses write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def for_request(self) -> httpcore.URL:
        """The same address for httpcore, in parts, so that nothing reads it a second time and otherwise."""
        return httpcore.URL(
            scheme=self.scheme.encode(), host=self.host.encode(), port=self.port, target=self.target.encode()
        )

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host_header}{self.target}"

    def join(self, location: str) -> str:
        """Return where a redirect from here leads; it is an address of anybody's making until it is parsed."""
        try:
            return urljoin(str(self), location)
        except ValueError as error:
            raise UrlRefusedError(f"{self.host} leads on to what is no address.") from error


def parse_url(value: str, *, https_only: bool, ports: Collection[int], local_names: bool = False) -> RemoteUrl:
    """Return the address when it may be asked, else raise ``UrlRefusedError`` that says why.

    Names may be Unicode and may end in a dot; those of one part, which only a local network knows, are refused unless
    ``local_names`` says otherwise. IP addresses are taken in their one canonical spelling; whether they
    are public is decided where they are connected to.
    """
    if len(value) > _MAXIMUM_LENGTH:
        raise UrlRefusedError(f"An address has at most {_MAXIMUM_LENGTH} characters.")
    if any(letter in "\\ " or unicodedata.category(letter)[0] in "CZ" for letter in value):
        raise UrlRefusedError("The address holds spaces, backslashes or invisible characters.")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise UrlRefusedError("This is not an address on the web.") from error
    if parts.scheme not in ({"https"} if https_only else {"https", "http"}):
        raise UrlRefusedError(
            "The address must begin with https://." if https_only else "Only web addresses are taken."
        )
    if "@" in parts.netloc:
        raise UrlRefusedError("An address with a user name or a password is not taken.")
    port = _DEFAULT_PORTS[parts.scheme] if port is None else port
    if port not in ports:
        raise UrlRefusedError(f"Port {port} is not asked.")
    return RemoteUrl(scheme=parts.scheme, host=_host(parts, local_names=local_names), port=port, target=_target(parts))


def _host(parts: SplitResult, *, local_names: bool) -> str:
    host = parts.hostname or ""
    try:
        if parts.netloc.startswith("["):
            # Python reads past what follows the bracket, and takes a zone (fe80::1%eth0), which nothing public has.
            if not re.fullmatch(r"\[[0-9a-fA-F:.]+\](:[0-9]*)?", parts.netloc):
                raise UrlRefusedError("This is not an address on the web.")
            return str(ipaddress.IPv6Address(host))
        if host.replace(".", "").isdecimal():
            return str(ipaddress.IPv4Address(host))
        host = normalise_host(host)
    except (InvalidHostError, ValueError) as error:
        raise UrlRefusedError(f"“{host[:80]}” is not a host name.") from error
    if "." not in host and not local_names:
        raise UrlRefusedError(f"“{host}” is not a public host name.")
    return host


def _target(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=-._~")
    query = quote(parts.query, safe="/?%:@!$&'()*+,;=-._~")
    return f"{path}?{query}" if query else path
