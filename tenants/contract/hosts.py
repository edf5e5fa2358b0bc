"""Host names: the one normaliser that every process uses, and the rules for names that people choose.

Everything fails closed: a value that is not surely a host name raises ``InvalidHostError`` and is never
led to a tenant. Sources: RFC 1035 (lengths), RFC 1123 (labels), RFC 5891 (IDNA 2008, by the ``idna`` package),
RFC 9110 section 7.2 (the Host header).
"""

import ipaddress
import re

import idna

from tenants.contract.errors import InvalidValueError

__all__ = ["RESERVED_NAMES", "InvalidHostError", "normalise_host", "validate_schema_name", "validate_slug"]

MAXIMUM_HEADER_LENGTH = 300
MAXIMUM_HOST_LENGTH = 253
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_SLUG = re.compile(r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){1,38}")
_SCHEMA = re.compile(r"[a-z][a-z0-9_]{2,47}")

RESERVED_NAMES = frozenset(
    {
        "admin", "api", "app", "assets", "auth", "cdn", "control", "controlplane", "dashboard", "default",
        "docs", "ftp", "health", "healthz", "help", "host", "imap", "information-schema", "internal", "localhost",
        "login", "mail", "metrics", "mx", "ns", "operator", "operators", "pg-catalog", "platform", "pop", "postgres",
        "public", "root", "runtime", "settings", "smtp", "staff", "static", "status", "support", "system",
        "template", "tenant", "tenants", "test", "webmail", "www",
    }
)  # fmt: skip


class InvalidHostError(InvalidValueError):
    """The value is not a host name that a tenant could have."""

    def __init__(self, message: str) -> None:
        super().__init__("host_invalid", message, field="host")


def normalise_host(value: str) -> str:
    """Return the canonical form of a Host header or a typed domain: lower-case ASCII, no port, no trailing dot.

    Unicode names are returned as punycode. Raises ``InvalidHostError`` for anything else: empty or overlong
    values, user information, paths, white space and control characters, bad ports, IP addresses (a tenant is
    reached by name only) and labels that DNS does not allow.
    """
    if not value or len(value) > MAXIMUM_HEADER_LENGTH:
        raise InvalidHostError("A host name has 1 to 253 characters.")
    # The quick way for what nearly every request carries: nothing to convert, one pass over the labels.
    host, port = _split_port(value)
    host = host.removesuffix(".")
    if not host.isascii():
        host = _to_punycode(host)
    host = host.lower()
    if not host or len(host) > MAXIMUM_HOST_LENGTH:
        raise InvalidHostError("A host name has 1 to 253 characters.")
    if port is not None and not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        raise InvalidHostError("The port after the host name is not a number between 1 and 65535.")
    labels = host.split(".")
    for label in labels:
        if not _LABEL.fullmatch(label):
            raise InvalidHostError(
                "A host name is made of letters, digits and hyphens, in parts divided by single dots."
            )
    for label in labels:
        if label.startswith("xn--"):
            _check_punycode(label)
    if _looks_like_address(host, labels[-1]):
        raise InvalidHostError("An IP address is not a host name; a tenant is reached by its domain.")
    return host


def validate_slug(value: str) -> str:
    """Return ``value`` when it can be a tenant's short name, else raise ``InvalidValueError`` saying why."""
    if not _SLUG.fullmatch(value):
        raise InvalidValueError(
            "slug_invalid",
            "A short name has 2 to 39 lower-case letters, digits and single hyphens, and starts with a letter.",
            field="slug",
        )
    if value in RESERVED_NAMES or value.startswith(("pg-", "xn--")):
        raise InvalidValueError(
            "slug_reserved",
            f"The short name “{value}” is reserved for the platform.",
            field="slug",
            details={"slug": value},
        )
    return value


def validate_schema_name(value: str) -> str:
    """Return ``value`` when a tenant's Postgres schema may carry it, else raise ``InvalidValueError``."""
    reserved = value.replace("_", "-") in RESERVED_NAMES or value.startswith("pg_")
    if not _SCHEMA.fullmatch(value) or reserved:
        raise InvalidValueError(
            "schema_name_invalid",
            "A schema name has 3 to 48 lower-case letters, digits and underscores, starts with a letter, "
            "and is none of Postgres' or the platform's own.",
            field="schema_name",
        )
    return value


def _split_port(value: str) -> tuple[str, str | None]:
    if value.startswith("["):
        raise InvalidHostError("An IP address is not a host name; a tenant is reached by its domain.")
    host, colon, port = value.partition(":")
    return host, port if colon else None


def _to_punycode(host: str) -> str:
    try:
        return idna.encode(host, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError as error:
        raise InvalidHostError("The host name has characters that domain names do not allow.") from error


def _check_punycode(label: str) -> None:
    try:
        if idna.encode(idna.decode(label)).decode("ascii") != label:
            raise InvalidHostError("The host name is not in canonical punycode.")
    except idna.IDNAError as error:
        raise InvalidHostError("The host name is not in canonical punycode.") from error


def _looks_like_address(host: str, last_label: str) -> bool:
    """Say whether a browser or a resolver would read the name as an IPv4 address (WHATWG URL, ends-in-a-number)."""
    if last_label.isdigit() or last_label.startswith("0x"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
