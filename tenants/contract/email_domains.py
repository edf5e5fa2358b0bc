"""Domains of e-mail addresses, as people type them and as addresses have them (RFC 5321)."""

from tenants.contract.errors import InvalidValueError
from tenants.contract.hosts import InvalidHostError, normalise_host

__all__ = ["InvalidEmailDomainError", "email_is_at", "normalise_email_domain"]


class InvalidEmailDomainError(InvalidValueError):
    """The value is not the domain of e-mail addresses; the message is one sentence for whoever typed it."""

    def __init__(self, message: str) -> None:
        super().__init__("email_domain_invalid", message, field="email_domains")


def normalise_email_domain(value: str) -> str:
    """Return a domain in its one spelling, ``acme.example``; a leading ``@``, capitals and Unicode are put right.

    Raises ``InvalidEmailDomainError`` for everything else: whole addresses, patterns, ports, and names of one part,
    which would let in more people than anyone means.
    """
    shown = value.strip()[:60]
    name = value.strip().removeprefix("@")
    if "@" in name:
        raise InvalidEmailDomainError(f"“{shown}” is an e-mail address; write what is after its @ alone.")
    if "*" in name:
        raise InvalidEmailDomainError(f"“{shown}” is a pattern; name each domain, such as acme.example.")
    if ":" in name or "/" in name:
        raise InvalidEmailDomainError(f"“{shown}” is an address of a web site; write a domain, such as acme.example.")
    try:
        domain = normalise_host(name)
    except InvalidHostError as error:
        raise InvalidEmailDomainError(f"“{shown}” is not a domain, such as acme.example.") from error
    if "." not in domain:
        raise InvalidEmailDomainError(f"“{shown}” is one part of a domain; write all of it, such as acme.example.")
    return domain


def email_is_at(email: str, domains: tuple[str, ...]) -> bool:
    """Say whether an e-mail address is at one of the domains itself: not below it, and not at one that ends alike."""
    local, at, domain = email.rpartition("@")
    if not (local and at):
        return False
    try:
        return normalise_email_domain(domain) in domains
    except InvalidEmailDomainError:
        return False
