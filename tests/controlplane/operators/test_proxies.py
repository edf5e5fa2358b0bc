"""Proxies that name a tenant's people, as operators set them up."""

import re

from tenants.identity.models import IdentityProvider, ProxySecret
from tenants.identity.proxies.signing_in import sign_in_by_proxy
from tenants.registry.schema import tenant_schema
from tenants.workspace.services.access import update_access
from tests.controlplane.operators.pages import audited, body, command, text_of
from tests.tenants.identity.people import HOME
from tests.tenants.identity.test_proxies import headers

VALUES = {"label": "Edge", "id": "edge", "email_header": "X-Email", "default_role": "member", "creates_members": "on"}


def test_an_operator_sets_a_proxy_up_and_sees_its_secret_once(operator_client, acme, globex, operator):
    assert "name people in headers" in body(operator_client, acme, "access")
    assert "Make a secret for it" in text_of(command(operator_client, acme, "proxies", "add", **VALUES))
    page = text_of(command(operator_client, acme, "proxies", "make-secret", proxy="edge"))
    secret = re.search(r"shown once:</strong> <code>([^<]+)<", page).group(1)
    assert secret not in body(operator_client, acme, "proxies")
    update_access(acme.pk, mode="members", methods=["password", "edge"], actor=operator)
    assert sign_in_by_proxy(acme, headers(secret), visit=HOME).method == "edge"

    command(operator_client, acme, "proxies", "update", proxy="edge", **{**VALUES, "label": "The edge"})
    with tenant_schema(acme):
        assert IdentityProvider.objects.get().label == "The edge"
        row = ProxySecret.objects.get()
    command(operator_client, acme, "proxies", "withdraw-secret", proxy="edge", secret=str(row.pk))
    command(operator_client, acme, "proxies", "remove", proxy="edge")
    assert {"provider.add", "provider.make_secret", "provider.withdraw_secret", "provider.remove"} <= set(audited(acme))
    with tenant_schema(acme):
        assert not IdentityProvider.objects.exists()


def test_a_mistake_is_explained_and_changes_nothing(operator_client, acme):
    page = text_of(command(operator_client, acme, "proxies", "add", **{**VALUES, "email_header": "X_Email"}))
    assert "underscores are not taken" in page
    with tenant_schema(acme):
        assert not IdentityProvider.objects.exists()
