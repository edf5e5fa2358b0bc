"""The page of what tenants share: whom it reaches, what it shows, and what it never shows."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tenants.registry.models import SharedVariable, Tenant
from tenants.registry.services.lifecycle import update_tenant
from tests.controlplane.operators.pages import address, published, text_of

PAGE = "registry_sharedvariable_changelist"
SECRET = "sk-shared-secret-value-123"


def _send(client: Client, plan: str, name: str, /, **values: str) -> str:
    """Send a command of the page and return the text of the page that follows."""
    query = f"?plan={plan}" if plan else ""
    return text_of(client.post(address(PAGE) + query, {"command": name, **values}, follow=True))


def test_a_variable_of_every_tenant_is_published_by_its_author(
    operator_client: Client, acme: Tenant, globex: Tenant
) -> None:
    page = _send(operator_client, "", "set", name="REGION", value="eu")

    assert "Saved; it is being brought to 2 tenants." in page
    assert "REGION" in page
    for tenant in (acme, globex):
        live = published(tenant)
        assert live.document["platform_environment"]["environment"] == {"REGION": "eu"}
        assert (live.actor, live.note) == ("operator@example.com", "Environment REGION of every tenant")


def test_a_plans_variable_is_on_the_plans_page_and_with_its_tenants_alone(
    operator_client: Client, acme: Tenant, globex: Tenant, operator
) -> None:
    update_tenant(acme.pk, name=acme.name, app=acme.app, plan="pro", actor=operator)
    before = published(globex).revision
    page = _send(operator_client, "pro", "set", name="MODEL", value="large")

    assert "Saved; it is being brought to 1 tenants." in page
    assert published(acme).document["plan_environment"]["environment"] == {"MODEL": "large"}
    assert published(globex).revision == before
    assert "MODEL" not in text_of(operator_client.get(address(PAGE)))
    assert "MODEL" in text_of(operator_client.get(address(PAGE), {"plan": "pro"}))


def test_a_variable_is_removed_again(operator_client: Client, acme: Tenant) -> None:
    _send(operator_client, "", "set", name="REGION", value="eu")
    _send(operator_client, "", "delete", name="REGION")

    assert "platform_environment" not in published(acme).document
    assert "There is no variable REGION." in _send(operator_client, "", "delete", name="REGION")


def test_a_secret_is_never_in_any_page_after_saving(operator_client: Client, acme: Tenant) -> None:
    pages = [_send(operator_client, "", "set", name="API_KEY", value=SECRET, is_secret="on")]
    token = SharedVariable.objects.get().value
    pages += [
        text_of(operator_client.get(address(PAGE), {"edit": "API_KEY"})),
        text_of(operator_client.get(address("registry_publication_change", published(acme).pk))),
        text_of(operator_client.get(address("registry_auditentry_changelist"))),
        text_of(operator_client.get(address("registry_tenant_publications", acme.pk))),
    ]
    for page in pages:
        assert SECRET not in page
        assert token not in page
    assert "API_KEY" in pages[0]
    assert (
        operator_client.get(f"/admin/registry/sharedvariable/{SharedVariable.objects.get().pk}/change/").status_code
        == 404
    )


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": "DATABASE_URL", "value": "x"}, "belongs to the platform"),
        ({"name": "bad", "value": SECRET, "is_secret": "on"}, "is not a variable name"),
        ({"name": "API_KEY", "value": "", "is_secret": "on"}, "A secret needs a value"),
    ],
)
def test_a_mistake_is_explained_and_changes_nothing(
    operator_client: Client, acme: Tenant, values: dict[str, str], sentence: str
) -> None:
    before = published(acme).revision
    page = _send(operator_client, "", "set", **values)

    assert sentence in page
    assert SECRET not in page
    assert (published(acme).revision, SharedVariable.objects.count()) == (before, 0)


def test_whoever_may_only_look_cannot_change(acme: Tenant) -> None:
    user = User.objects.create_user("staff@example.com", password="correct horse battery", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_sharedvariable"))
    client = Client(headers={"host": "localhost"})
    client.force_login(user)

    assert "Save and publish" not in text_of(client.get(address(PAGE)))
    assert client.post(address(PAGE), {"command": "set", "name": "REGION", "value": "eu"}).status_code == 403
    assert not SharedVariable.objects.exists()


def test_a_plan_with_signs_of_an_address_in_its_name_has_a_page_of_its_own(
    operator_client: Client, acme: Tenant, operator
) -> None:
    update_tenant(acme.pk, name=acme.name, app=acme.app, plan="a&b/c", actor=operator)
    page = text_of(operator_client.get(address(PAGE)))
    assert "?plan=a%26b%2Fc" in page
    _send(operator_client, "a%26b%2Fc", "set", name="MODEL", value="large")
    assert SharedVariable.objects.get().plan == "a&b/c"
    assert "edit=MODEL" in text_of(operator_client.get(address(PAGE), {"plan": "a&b/c"}))
