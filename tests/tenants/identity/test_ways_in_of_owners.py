"""What keeps owners in is a way that really lets them in: no proxy without a secret, no provider for other domains."""

import pytest

from tenants.contract.access import SignInKind
from tenants.contract.errors import ConflictError
from tenants.contract.roles import Role
from tenants.identity.models import IdentityProvider, ProxySecret
from tenants.identity.providers.services import remove_provider, update_provider
from tenants.identity.proxies.secrets import make_proxy_secret, withdraw_proxy_secret
from tenants.identity.services.members import add_member
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.workspace.services.access import get_access, preview_access, update_access
from tests.conftest import PASSWORD
from tests.tenants.identity.people import offer_provider

NO_SECRET = "owner@acme.example would be refused: the only way in is Wall, and Wall has no secret to prove itself by."
OTHER_DOMAIN = "the only way in is Company, and Company takes e-mail addresses at globex.example alone"
OIDC = {
    "kind": SignInKind.OIDC,
    "label": "Company",
    "settings": {"issuer": "https://login.company.example", "client_id": "chat"},
}


def offered(tenant) -> list[str]:
    with tenant_schema(tenant):
        return get_access().methods


def test_a_proxy_without_a_secret_is_no_way_in_and_the_dry_run_says_so(acme, globex, operator):
    for tenant in (acme, globex):
        offer_provider(tenant, operator, "proxy", label="Wall")
    make_proxy_secret(globex.pk, "proxy", actor=operator)

    for change in (update_access, preview_access):
        with pytest.raises(ConflictError) as refused:
            change(acme.pk, methods=["proxy"], actor=operator)
        assert (refused.value.code, refused.value.field) == ("owners_locked_out", "methods")
        assert refused.value.message == f"No owner could sign in any more: {NO_SECRET}"
    both = preview_access(acme.pk, mode="members", email="owner@acme.example", actor=operator)
    assert str(both.verdict) == "would be asked for a password"
    assert offered(acme) == ["password", "proxy"]

    update_access(globex.pk, methods=["proxy"], actor=operator)
    make_proxy_secret(acme.pk, "proxy", actor=operator)
    update_access(acme.pk, methods=["proxy"], actor=operator)
    sole = preview_access(acme.pk, mode="members", email="owner@acme.example", actor=operator)
    assert str(sole.verdict) == "would sign in by Wall"


def test_the_last_secret_of_the_only_way_in_is_not_withdrawn(acme, operator):
    offer_provider(acme, operator, "proxy", label="Wall")
    make_proxy_secret(acme.pk, "proxy", actor=operator)
    make_proxy_secret(acme.pk, "proxy", actor=operator)
    update_access(acme.pk, methods=["proxy"], actor=operator)
    with tenant_schema(acme):
        newest, older = ProxySecret.objects.all()

    withdraw_proxy_secret(acme.pk, "proxy", older.pk, actor=operator)
    with pytest.raises(ConflictError) as refused:
        withdraw_proxy_secret(acme.pk, "proxy", newest.pk, actor=operator)

    assert refused.value.message == f"No owner could sign in any more: {NO_SECRET}"
    with tenant_schema(acme):
        assert ProxySecret.objects.filter(pk=newest.pk).exists()
    assert AuditEntry.objects.filter(tenant_id=acme.pk, action="provider.withdraw_secret").count() == 1
    update_access(acme.pk, methods=["password", "proxy"], actor=operator)
    withdraw_proxy_secret(acme.pk, "proxy", newest.pk, actor=operator)
    with pytest.raises(ConflictError, match="no secret to prove itself by"):
        update_access(acme.pk, methods=["proxy"], actor=operator)


def test_a_provider_is_not_removed_while_the_proxy_beside_it_has_no_secret(acme, operator):
    offer_provider(acme, operator, "proxy", label="Wall")
    offer_provider(acme, operator, **OIDC)
    update_access(acme.pk, methods=["company", "proxy"], actor=operator)

    with pytest.raises(ConflictError) as refused:
        remove_provider(acme.pk, "company", actor=operator)

    assert NO_SECRET in refused.value.message
    assert offered(acme) == ["company", "proxy"]


def test_domains_of_a_provider_at_which_no_owner_is_are_refused_where_it_is_the_only_way_in(acme, globex, operator):
    for tenant in (acme, globex):
        offer_provider(tenant, operator, **OIDC)
        update_access(tenant.pk, methods=["company"], actor=operator)

    with pytest.raises(ConflictError) as refused:
        update_provider(acme.pk, "company", email_domains=["globex.example"], actor=operator)

    assert (refused.value.code, refused.value.field) == ("owners_locked_out", "email_domains")
    assert OTHER_DOMAIN in refused.value.message
    with tenant_schema(acme):
        assert IdentityProvider.objects.get().email_domains == []
    update_provider(globex.pk, "company", email_domains=["globex.example"], actor=operator)
    update_provider(acme.pk, "company", email_domains=["acme.example", "globex.example"], actor=operator)
    update_provider(acme.pk, "company", label="Ours", creates_members=False, actor=operator)


def test_a_provider_for_other_domains_is_no_way_in_for_the_owners_and_one_owner_who_is_there_is_enough(acme, operator):
    offer_provider(acme, operator, **OIDC)
    update_provider(acme.pk, "company", email_domains=["globex.example"], actor=operator)

    with pytest.raises(ConflictError) as refused:
        update_access(acme.pk, methods=["company"], actor=operator)

    assert OTHER_DOMAIN in refused.value.message
    add_member(acme.pk, email="ann@globex.example", role=Role.OWNER, password=PASSWORD, actor=operator)
    update_access(acme.pk, methods=["company"], actor=operator)
    kept_out = preview_access(acme.pk, mode="members", email="owner@acme.example", actor=operator)
    assert kept_out.verdict is not None
    assert OTHER_DOMAIN in str(kept_out.verdict)
    lets_in = preview_access(acme.pk, mode="members", email="ann@globex.example", actor=operator)
    assert str(lets_in.verdict) == "would sign in by Company"
