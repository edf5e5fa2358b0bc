"""Who may see and do what in the admin, and where the admin is at all."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from tenants.registry.models import AuditEntry, Tenant
from tests.controlplane.operators.pages import address, command, published, text_of

PAGES = (
    "registry_tenant_changelist", "registry_tenant_add", "registry_provisioning_changelist",
    "registry_publication_changelist", "registry_auditentry_changelist", "registry_sharedvariable_changelist",
    "registry_tenant_storage", "auth_user_changelist", "fleet_runtimeprocess_changelist",
)  # fmt: skip
TABS = (
    "change", "branding", "files", "features", "flags", "app_settings", "access", "environment", "members", "usage",
    "publications",
)  # fmt: skip


def _client(*permissions: str, is_staff: bool = True) -> Client:
    user = User.objects.create_user("staff@example.com", password="correct horse battery", is_staff=is_staff)
    for permission in permissions:
        label, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=label, codename=codename))
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


@pytest.mark.parametrize("name", ["index", *PAGES])
def test_visitors_and_users_who_are_no_staff_are_sent_to_the_sign_in(acme: Tenant, name: str) -> None:
    for client in (Client(headers={"host": "localhost"}), _client(is_staff=False)):
        response = client.get(address(name))
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


def test_staff_without_permission_see_nothing(acme: Tenant) -> None:
    client = _client()
    assert "No permissions yet" in text_of(client.get(address("index")))
    for name in PAGES:
        assert client.get(address(name)).status_code == 403
    for tab in TABS:
        assert client.get(address(f"registry_tenant_{tab}", acme.pk)).status_code == 403
    assert client.get(address("registry_tenant_suspend"), {"tenant": acme.pk}).status_code == 403


def test_whoever_may_only_look_cannot_change(acme: Tenant) -> None:
    client = _client("registry.view_tenant")
    revision = published(acme).revision
    for tab in TABS:
        assert "Save and publish" not in text_of(client.get(address(f"registry_tenant_{tab}", acme.pk)))
    assert command(client, acme, "flags", "set", name="beta_search").status_code == 403
    assert command(client, acme, "publications", "restore", revision=revision).status_code == 403
    assert client.post(address("registry_tenant_suspend"), {"tenant": acme.pk}).status_code == 403
    assert "Run for all" not in text_of(client.get(address("registry_tenant_storage")))
    assert client.post(address("registry_tenant_storage"), {"check": "repush"}).status_code == 403
    for name in ("approve", "refuse", "quota", "check", "upload", "fetch", "remove-file"):
        assert command(client, acme, "files", name).status_code == 403
    assert client.get(address("registry_tenant_files", acme.pk), {"key": "a/uploads/b"}).status_code == 403
    assert published(acme).revision == revision


def test_whoever_may_create_a_tenant_sees_its_progress(acme: Tenant) -> None:
    client = _client("registry.add_tenant")
    form = {"name": "Initech", "slug": "initech", "app": "assistant", "owner_email": "bill@initech.example"}
    assert "Requested" in text_of(client.post(address("registry_tenant_add"), form, follow=True))


def test_operators_who_are_no_superusers_cannot_raise_themselves_or_touch_superusers(db: None) -> None:
    client = _client("auth.view_user", "auth.change_user", "auth.delete_user", "auth.change_group", "auth.view_group")
    me = User.objects.get(username="staff@example.com")
    root = User.objects.create_superuser("root@example.com", password="correct horse battery")
    group = Group.objects.create(name="support")
    data = {"username": me.username, "first_name": "Me", "is_active": "on", "is_superuser": "on", "groups": [group.pk]}
    data |= {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
    client.post(address("auth_user_change", me.pk), data)
    me.refresh_from_db()
    assert (me.first_name, me.is_superuser, me.groups.count()) == ("Me", False, 0)
    assert client.post(address("auth_user_password_change", root.pk), {"password1": "x"}).status_code == 403
    assert client.post(address("auth_user_delete", root.pk), {"post": "yes"}).status_code == 403
    assert client.post(address("auth_group_change", group.pk), {"name": "x"}).status_code == 403


def test_the_admin_does_not_exist_on_a_tenants_domain(operator_client: Client, acme: Tenant) -> None:
    for path in ("/admin/", "/admin/login/", f"/admin/registry/tenant/{acme.pk}/change/"):
        assert operator_client.get(path, headers={"host": "acme.localhost"}).status_code == 404


def test_pages_ask_for_nothing_from_third_parties(operator_client: Client, acme: Tenant) -> None:
    page = text_of(operator_client.get(address("registry_tenant_branding", acme.pk)))
    for attribute in ('src="', "src='", 'link href="'):
        for value in page.split(attribute)[1:]:
            assert value.startswith("/"), value[:80]


def test_what_an_operator_changes_is_written_with_where_from_and_by_which_sign_in(
    operator_client: Client, acme: Tenant
) -> None:
    session = operator_client.session
    session["operator_method"] = "passkey"
    session.save()
    command(operator_client, acme, "flags", "set", name="beta_search", enabled="on")
    entry = AuditEntry.objects.get(tenant_id=acme.pk, action="flag.set")
    assert (entry.actor, entry.address, entry.method) == ("operator@example.com", "127.0.0.1", "passkey")
