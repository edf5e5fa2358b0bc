"""Metadata that is read again: over a real connection, guarded as all addresses that tenants give."""

from dataclasses import replace

import pytest

from tenants.identity.models import IdentityProvider as ProviderRow
from tenants.identity.providers.services import get_provider
from tenants.identity.saml.errors import MetadataInvalidError, Reason, ResponseRefusedError
from tenants.identity.saml.refreshing import fetch_metadata, refresh_provider, refresh_tenant, tenants_to_refresh
from tenants.outbound.errors import UrlRefusedError
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tests.tenants.identity.saml.identity_provider import IdentityProvider, key_pair
from tests.tenants.identity.saml.providers import answer_to, bring, offer_saml, question
from tests.tenants.outbound.servers import ok, redirect, serving

OLD, NEW = key_pair("the identity provider"), key_pair("the next one")
BEFORE, DURING, AFTER = IdentityProvider(keys=[OLD]), IdentityProvider(keys=[OLD, NEW]), IdentityProvider(keys=[NEW])


@pytest.fixture
def inside(settings):
    """An installation that may ask this machine."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, outbound_allowed_networks=("127.0.0.0/8",))


def address(server) -> str:
    return f"http://127.0.0.1:{server.port}/metadata"


def offered(tenant, operator, url) -> ProviderRow:
    return offer_saml(tenant, operator, BEFORE, settings={"metadata_url": url})


def read_again(tenant, idp) -> ProviderRow:
    """Let the provider's metadata be what it is at ``idp``, and the sweep come by."""
    with serving(ok(idp.metadata())) as server, tenant_schema(tenant):
        row = get_provider("okta")
        row.settings = {**row.settings, "metadata_url": address(server)}
        row.save()
        refresh_tenant(tenant.pk)
        return get_provider("okta")


def test_people_sign_in_before_while_and_after_a_provider_changes_its_key(acme, operator, inside):
    okta = offered(acme, operator, "")

    def outcome(idp) -> Reason | None:
        try:
            bring(acme, okta, answer_to(acme, okta, idp, request_id=question(acme, okta)))
        except ResponseRefusedError as error:
            return error.reason
        return None

    assert (outcome(BEFORE), outcome(AFTER)) == (None, Reason.SIGNATURE)
    okta = read_again(acme, DURING)
    assert (outcome(BEFORE), outcome(AFTER)) == (None, None)
    okta = read_again(acme, AFTER)
    assert (outcome(BEFORE), outcome(AFTER)) == (Reason.SIGNATURE, None)
    assert AuditEntry.objects.filter(action="provider.update", actor="system").count() == 2


def test_metadata_of_somebody_else_changes_nothing(acme, operator, inside):
    other = IdentityProvider(entity_id="https://evil.example/saml", keys=[NEW])
    with serving(ok(other.metadata())) as server:
        okta = offered(acme, operator, address(server))
        with pytest.raises(MetadataInvalidError, match="another provider"):
            refresh_provider(acme.pk, okta.pk)
        refresh_tenant(acme.pk)
    with tenant_schema(acme):
        assert get_provider("okta").settings == okta.settings


def test_what_was_read_before_stays_while_nothing_can_be_read(acme, operator, inside):
    with serving(ok(b"out of order")) as server:
        okta = offered(acme, operator, address(server))
        refresh_tenant(acme.pk)
    refresh_tenant(acme.pk)  # nobody listens there any more
    with tenant_schema(acme):
        assert get_provider("okta").settings == okta.settings


def test_metadata_is_asked_for_at_its_very_address_and_on_the_public_internet(settings):
    with serving(ok(BEFORE.metadata())) as server:
        with pytest.raises(UrlRefusedError):
            fetch_metadata(address(server))
        assert server.connections == 0
        settings.ENVIRONMENT = replace(settings.ENVIRONMENT, outbound_allowed_networks=("127.0.0.0/8",))
        assert fetch_metadata(address(server)).entity_id == BEFORE.entity_id
        with serving(redirect(address(server))) as elsewhere, pytest.raises(MetadataInvalidError, match="answers 302"):
            fetch_metadata(address(elsewhere))


def test_only_tenants_that_offer_saml_are_visited(acme, globex, operator):
    offer_saml(acme, operator, BEFORE)
    assert tenants_to_refresh() == [str(acme.pk)]
