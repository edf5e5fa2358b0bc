"""The way to a provider and back, as a browser goes it."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client

__all__ = ["CALLBACK", "WITH", "begin", "come_back", "error_of"]

CALLBACK = "/settings/sign-in/callback/"
WITH = "/settings/sign-in/with/company/"


def begin(client: Client, path: str = WITH, **query: str) -> str:
    """Set out for the provider and return the address that the browser is sent to."""
    response = client.get(path, query)
    assert response.status_code == 302, response.content
    return response["Location"]


def come_back(client: Client, answer: dict[str, str]) -> HttpResponse:
    """Come back from the provider."""
    return client.get(f"{CALLBACK}?{urlencode(answer)}")


def error_of(response: HttpResponse) -> str:
    """Return the code that a refused browser is led back with."""
    assert response.status_code == 302, response.content
    return response["Location"].partition("error=")[2].partition("&")[0]
