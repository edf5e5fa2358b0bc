"""After a change of keys everything that is sealed is sealed with the new one, whoever sealed it."""

from dataclasses import replace
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from controlplane.operators.models import AuthenticatorApp as OperatorsApp
from controlplane.operators.sign_in.sealing import unseal_secret
from tenants.identity.models import AuthenticatorApp, PendingSignIn, SamlKeyPair
from tenants.identity.providers.services import get_provider, open_secret
from tenants.identity.saml.setup import key_pair_of
from tenants.identity.services.factors import owner_of
from tenants.identity.services.members import add_member
from tenants.identity.services.pending import begin_pending
from tenants.identity.services.provider_sessions import OidcSession
from tenants.registry.models import AuditEntry, Publication
from tenants.registry.schema import tenant_schema
from tenants.registry.sealing import unseal
from tenants.registry.services.shared_environment import set_shared_variable
from tenants.workspace.models import EnvironmentVariable
from tenants.workspace.services.environment import set_variable
from tests.controlplane.operators.sign_in.browsers import with_app
from tests.tenants.identity.enrolled import give_app
from tests.tenants.identity.people import HOME, offer_provider


@pytest.fixture
def keys(settings):
    """Return a function that gives the platform other keys."""
    before = settings.ENVIRONMENT.encryption_keys

    def use(*keys: str) -> None:
        settings.ENVIRONMENT = replace(settings.ENVIRONMENT, encryption_keys=keys)

    use.before = before
    return use


def seal_everything(tenant, operator):
    """Let each kind of secret be stored by the service that stores it; return somebody with an app."""
    set_variable(tenant.pk, "API_KEY", value=f"{tenant.slug}'s", is_secret=True, actor=operator)
    set_variable(tenant.pk, "PLAIN", value="in the clear", is_secret=False, actor=operator)
    offer_provider(
        tenant, operator, kind="oidc", secret="client secret",
        settings={"issuer": "https://login.company.example", "client_id": "chat"},
    )  # fmt: skip
    ann = add_member(tenant.pk, email="ann@example.com", actor=operator)
    give_app(tenant, ann)
    with tenant_schema(tenant):
        key_pair_of(tenant)
        begin_pending(tenant, ann, method="company", visit=HOME, at_provider=OidcSession(id_token="an id token"))
    return ann


def sealed_in(schema: str) -> dict[str, str]:
    """Return each Fernet token that stands anywhere in a schema, and where it does."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = %s AND data_type IN ('text', 'character varying')",
            [schema],
        )
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT "{column}" FROM "{schema}"."{table}" WHERE "{column}" LIKE \'gAAAA%%\'')
            found |= {token: f"{table}.{column}" for (token,) in cursor.fetchall()}
    return found


def reseal() -> str:
    said = StringIO()
    call_command("reseal_secrets", stdout=said, stderr=said)
    return said.getvalue()


def test_after_a_new_key_nothing_needs_the_one_before(acme, globex, operator, keys, signed_up_operator):
    people = {tenant: seal_everything(tenant, operator) for tenant in (acme, globex)}
    set_shared_variable("", "SHARED", value="everybody's", is_secret=True, actor=operator)
    places = {place for schema in ("public", acme.schema_name) for place in sealed_in(schema).values()}
    assert places == {
        "registry_sharedvariable.value", "operators_authenticatorapp.secret", "workspace_environmentvariable.value",
        "identity_identityprovider.secret", "identity_authenticatorapp.secret", "identity_samlkeypair.private_key",
        "identity_pendingsignin.at_provider",
    }  # fmt: skip

    new = Fernet.generate_key().decode()
    keys(new, *keys.before)
    assert "Everything is sealed with the first key" in reseal()
    keys(new)

    tokens = {token for schema in ("public", acme.schema_name, globex.schema_name) for token in sealed_in(schema)}
    assert len(tokens) == 2 + 2 * 5
    assert all(Fernet(new).decrypt(token.encode()) for token in tokens)
    for tenant, ann in people.items():
        tenant.refresh_from_db()
        document = tenant.live_publication.document
        assert unseal(document["secrets"]["API_KEY"], owner=str(tenant.pk)) == f"{tenant.slug}'s"
        shared = document["platform_environment"]
        assert unseal(shared["secrets"]["SHARED"], owner=shared["owner"]) == "everybody's"
        with tenant_schema(tenant):
            assert open_secret(tenant, get_provider("company")) == "client secret"
            assert unseal(AuthenticatorApp.objects.get().secret, owner=owner_of(tenant, ann))
            assert EnvironmentVariable.objects.get(name="PLAIN").value == "in the clear"
            assert "PRIVATE KEY" in unseal(SamlKeyPair.objects.get().private_key, owner=str(tenant.pk))
            assert "an id token" in unseal(PendingSignIn.objects.get().at_provider, owner=str(tenant.pk))
    assert unseal_secret(signed_up_operator, OperatorsApp.objects.get().secret)
    actions = AuditEntry.objects.filter(action="secrets.reseal").order_by("tenant_slug").values_list("tenant_slug")
    assert [slug for (slug,) in actions] == ["", "acme", "globex"]


@pytest.fixture
def signed_up_operator(admin_user):
    """An operator with an authenticator app."""
    return with_app(admin_user)


def test_what_is_sealed_with_the_newest_key_stays_as_it_is_and_makes_no_revision(acme, operator):
    seal_everything(acme, operator)
    before, revisions = sealed_in(acme.schema_name), Publication.objects.count()
    assert "acme: 0 sealed anew" in reseal()
    assert sealed_in(acme.schema_name) == before
    assert Publication.objects.count() == revisions
    assert not AuditEntry.objects.filter(action="secrets.reseal").exists()


def test_what_no_key_reads_is_named_and_stays_and_keeps_nothing_else_back(acme, globex, operator, keys):
    set_variable(acme.pk, "LOST", value="x", is_secret=True, actor=operator)
    lost = sealed_in(acme.schema_name)
    middle, new = (Fernet.generate_key().decode() for _ in range(2))
    keys(middle)
    set_variable(globex.pk, "KEPT", value="y", is_secret=True, actor=operator)
    keys(new, middle)
    said = StringIO()
    with pytest.raises(CommandError, match="Keep the keys"):
        call_command("reseal_secrets", stdout=said, stderr=said)
    assert "acme: no key reads workspace_environmentvariable" in said.getvalue()
    assert "globex: 1 sealed anew" in said.getvalue()
    assert sealed_in(acme.schema_name) == lost
    keys(new)
    [token] = sealed_in(globex.schema_name)
    assert unseal(token, owner=str(globex.pk)) == "y"
