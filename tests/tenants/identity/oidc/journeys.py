"""The way to a provider and back, as a browser goes it."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client

from tenants.identity.models import SignIn
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tests.tenants.identity.oidc.provider import LyingProvider

__all__ = [
    "CALLBACK", "REFUSED", "STATE", "WITH", "begin", "come_back", "come_in", "error_of", "is_signed_in", "sign_ins",
]  # fmt: skip

CALLBACK = "/settings/sign-in/callback/"
WITH = "/settings/sign-in/with/company/"
REFUSED = "oidc_answer_refused"
STATE = "sign_in_state_invalid"


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


def come_in(client: Client, provider: LyingProvider, **claims: object) -> HttpResponse:
    """Go the whole way."""
    return come_back(client, provider.authorize(begin(client), **claims))


def is_signed_in(client: Client) -> bool:
    """Say whether the browser's own profile opens."""
    return client.get("/settings/profile/").status_code == 200


def sign_ins(tenant: Tenant) -> int:
    """Return how many sign-ins a tenant has had."""
    with tenant_schema(tenant):
        return SignIn.objects.count()
