"""Passkeys over HTTP: the host they are for, and a challenge that is kept in the session for one answer."""

from django.http import HttpRequest

from tenants.identity.factors.passkeys import Ceremony, Site

__all__ = ["begin_ceremony", "site_of", "take_challenge"]

CHALLENGE = "operator_challenge"


def site_of(request: HttpRequest) -> Site:
    """Return the platform's host as the browser has it; the middleware has checked that it is one of the platform's."""
    host = request.get_host()
    return Site(host.partition(":")[0], f"{request.scheme}://{host}", "Chainlit Tenants, operators")


def begin_ceremony(request: HttpRequest, ceremony: Ceremony) -> str:
    """Keep the challenge and return the options for the browser."""
    request.session[CHALLENGE] = ceremony.challenge
    return ceremony.options


def take_challenge(request: HttpRequest) -> str:
    """Return the challenge that was asked last, which is good for no other answer; empty where none was."""
    return str(request.session.pop(CHALLENGE, ""))
