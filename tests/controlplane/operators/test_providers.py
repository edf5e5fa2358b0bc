"""Identity providers of a tenant in the operators' admin."""

from django.test import Client

from tenants.identity.models import IdentityProvider
from tenants.identity.providers.services import get_provider, open_secret
from tenants.registry.models import AuditEntry, Tenant
from tenants.registry.schema import tenant_schema
from tests.tenants.identity.saml.identity_provider import IdentityProvider as SamlProvider

GOOGLE = {
    "command": "add-provider", "preset": "google", "label": "Google", "id": "google", "client_id": "client-1",
    "secret": "a secret of theirs", "scopes": "openid email", "token_authentication": "client_secret_basic",
    "creates_members": "on", "requires_verified_email": "on", "default_role": "member",
}  # fmt: skip


def page_of(tenant: Tenant) -> str:
    return f"/admin/registry/tenant/{tenant.pk}/access/"


def test_an_operator_sets_a_provider_up_changes_and_removes_it(
    operator_client: Client, acme: Tenant, globex: Tenant
) -> None:
    page = operator_client.get(f"{page_of(acme)}?add=google").content.decode()
    assert "http://acme.localhost:8000/settings/sign-in/callback/" in page
    assert operator_client.post(page_of(acme), GOOGLE).status_code == 302
    with tenant_schema(acme):
        provider = get_provider("google")
    assert provider.settings["issuer"] == "https://accounts.google.com"
    assert open_secret(acme, provider) == "a secret of theirs"
    for address in (page_of(acme), f"{page_of(acme)}?provider=google"):
        assert "a secret of theirs" not in operator_client.get(address).content.decode()
    changed = {**GOOGLE, "command": "update-provider", "provider": "google", "label": "Work account", "secret": ""}
    operator_client.post(page_of(acme), changed)
    with tenant_schema(acme):
        provider = get_provider("google")
    assert (provider.label, open_secret(acme, provider)) == ("Work account", "a secret of theirs")
    # One tenant's page knows nothing of another's providers.
    assert (
        operator_client.post(page_of(globex), {"command": "remove-provider", "provider": "google"}).status_code == 302
    )
    with tenant_schema(acme):
        assert IdentityProvider.objects.exists()
    operator_client.post(page_of(acme), {"command": "remove-provider", "provider": "google"})
    with tenant_schema(acme):
        assert not IdentityProvider.objects.exists()
    actions = AuditEntry.objects.filter(tenant_id=acme.pk, action__startswith="provider.").order_by("pk")
    assert [entry.action for entry in actions] == ["provider.add", "provider.update", "provider.remove"]
    assert {entry.actor for entry in actions} == {"operator@example.com"}


def test_what_is_wrong_is_said_and_nothing_saved(operator_client: Client, acme: Tenant) -> None:
    response = operator_client.post(page_of(acme), {**GOOGLE, "email_domains": "*.example"})
    assert "is a pattern" in response.content.decode()
    with tenant_schema(acme):
        assert not IdentityProvider.objects.exists()


def test_a_test_says_what_does_not_work(operator_client: Client, acme: Tenant) -> None:
    # Nothing private is asked unless the installation allows it.
    values = {**GOOGLE, "preset": "other", "id": "inside", "issuer": "https://169.254.169.254"}
    operator_client.post(page_of(acme), values)
    page = operator_client.post(page_of(acme), {"command": "test-provider", "provider": "inside"}).content.decode()
    assert "leads into a network that is not public" in page
    assert "✓" in page
    assert "✗" in page


def test_an_operator_sets_a_saml_provider_up_and_tests_it(operator_client: Client, acme: Tenant) -> None:
    idp = SamlProvider()
    page = operator_client.get(f"{page_of(acme)}?add=saml-okta").content.decode()
    assert "http://acme.localhost:8000/settings/sign-in/saml/okta/acs/" in page
    values = {
        "command": "add-provider", "preset": "saml-okta", "label": "Okta", "id": "okta",
        "metadata": idp.metadata().decode(), "default_role": "member", "wants_signed_assertion": "on",
        "name_id_format": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
    }  # fmt: skip
    assert "address of the metadata" in operator_client.post(page_of(acme), {**values, "metadata": ""}).content.decode()
    assert operator_client.post(page_of(acme), values).status_code == 302
    with tenant_schema(acme):
        provider = get_provider("okta")
    assert (provider.kind, provider.settings["entity_id"]) == ("saml", idp.entity_id)
    page = operator_client.get(f"{page_of(acme)}?provider=okta").content.decode()
    assert idp.sso_url in page
    page = operator_client.post(page_of(acme), {"command": "test-provider", "provider": "okta"}).content.decode()
    assert "CN=the identity provider" in page
    assert "✗" not in page
