"""Editing a tenant's workspace from the admin: every save publishes, every mistake changes nothing."""

import pytest
from django.test import Client

from tenants.contract.state import AccessMode
from tenants.identity.services.factors import has_second_factor
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import EnvironmentVariable, Member
from tenants.workspace.services.flags import define_flag
from tests.controlplane.operators.pages import address, audited, body, command, published, text_of
from tests.tenants.identity.enrolled import give_app

BRANDING = {"display_name": "Rockets", "description": "", "default_theme": "dark", "font": "", "light_primary": "#12f"}
SECRET = "sk-very-secret-value-123"
TABS = (
    "change", "branding", "files", "features", "flags", "app_settings", "access", "environment", "members", "usage",
    "publications",
)  # fmt: skip


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_shows_the_tenant(operator_client: Client, acme: Tenant, tab: str) -> None:
    page = body(operator_client, acme, tab)
    assert "Acme" in page
    assert 'aria-current="page"' in page


def test_saved_branding_is_published_and_audited_for_this_tenant_only(
    operator_client: Client, acme: Tenant, globex: Tenant
) -> None:
    before, other = published(acme).revision, published(globex).revision
    page = text_of(command(operator_client, acme, "branding", "branding", **BRANDING))
    live = published(acme)
    assert f"Published as revision {before + 1}." in page
    assert (live.revision, live.actor) == (before + 1, "operator@example.com")
    assert live.document["branding"]["display_name"] == "Rockets"
    assert live.document["branding"]["light"]["primary"] == "#1122ff"
    assert audited(acme)[0] == "branding.update"
    assert published(globex).revision == other


def test_the_same_branding_again_makes_no_revision(operator_client: Client, acme: Tenant) -> None:
    command(operator_client, acme, "branding", "branding", **BRANDING)
    revision, entries = published(acme).revision, audited(acme)
    page = text_of(command(operator_client, acme, "branding", "branding", **BRANDING))
    assert "Nothing changed" in page
    assert (published(acme).revision, audited(acme)) == (revision, entries)


@pytest.mark.parametrize(
    ("tab", "name", "values", "sentence"),
    [
        ("branding", "branding", {**BRANDING, "light_primary": "bluish"}, "is not a colour"),
        ("branding", "branding", {**BRANDING, "display_name": ""}, "The chat needs a name"),
        ("change", "identity", {"name": "", "app": "assistant"}, "This field is required"),
        ("change", "identity", {"name": "Acme", "app": "no-such-app"}, "Select a valid choice"),
        ("change", "add-domain", {"domain": "no spaces.example"}, "A host name is made of letters"),
        ("change", "add-domain", {"domain": "127.0.0.1"}, "An IP address is not a host name"),
        ("change", "add-domain", {"domain": "GLOBEX.localhost"}, "already leads to a tenant"),
        ("change", "add-domain", {"domain": "localhost"}, "own domain"),
        ("flags", "set", {"name": "Not A Flag"}, "is not a flag name"),
        ("access", "access", {"mode": "everyone"}, "Select a valid choice"),
        ("environment", "set", {"name": "1BAD", "value": "x"}, "is not a variable name"),
        ("environment", "set", {"name": "DATABASE_URL", "value": "x"}, "belongs to the platform"),
        ("environment", "set", {"name": "API_KEY", "value": "", "is_secret": "on"}, "A secret needs a value"),
        ("members", "add", {"email": "nobody", "role": "member"}, "is not an e-mail address"),
        ("members", "add", {"email": "owner@acme.example", "role": "member"}, "is a member already"),
        ("members", "add", {"email": "a@b.example", "role": "member", "password": "short"}, "too short"),
    ],
)
def test_a_mistake_is_explained_and_changes_nothing(
    operator_client: Client, acme: Tenant, *, tab: str, name: str, values: dict[str, str], sentence: str
) -> None:
    revision, entries = published(acme).revision, audited(acme)
    page = text_of(command(operator_client, acme, tab, name, **values))
    assert sentence in page
    assert "Nothing was changed." in page
    assert (published(acme).revision, audited(acme)) == (revision, entries)


def test_identity_is_changed_and_published(operator_client: Client, acme: Tenant) -> None:
    command(operator_client, acme, "change", "identity", name="Acme Rockets", app="assistant", plan="gold")
    acme.refresh_from_db()
    assert (acme.name, acme.plan) == ("Acme Rockets", "gold")
    assert published(acme).document["name"] == "Acme Rockets"


def test_a_domain_is_added_verified_made_primary_and_another_removed(operator_client: Client, acme: Tenant) -> None:
    command(operator_client, acme, "change", "add-domain", domain="Chat.Acme.example.")
    domain = acme.domains.get(domain="chat.acme.example")
    assert "chat.acme.example" not in published(acme).document["hosts"]
    page = text_of(command(operator_client, acme, "change", "primary-domain", domain=domain.pk))
    assert "is not verified yet" in page
    command(operator_client, acme, "change", "verify-domain", domain=domain.pk)
    command(operator_client, acme, "change", "primary-domain", domain=domain.pk)
    assert published(acme).document["hosts"][0] == "chat.acme.example"
    former = acme.domains.get(domain="acme.localhost")
    command(operator_client, acme, "change", "remove-domain", domain=former.pk)
    assert published(acme).document["hosts"] == ["chat.acme.example"]


def test_a_domain_of_another_tenant_cannot_be_removed_through_this_one(
    operator_client: Client, acme: Tenant, globex: Tenant
) -> None:
    domain = globex.domains.get()
    page = text_of(command(operator_client, acme, "change", "remove-domain", domain=domain.pk))
    assert "There is no such domain" in page
    assert globex.domains.count() == 1


def _switches(operator_client: Client, acme: Tenant) -> dict[str, str]:
    """Return the values of the features page as a browser would send them back unchanged."""
    response = operator_client.get(address("registry_tenant_features", acme.pk))
    values: dict[str, str] = {}
    for name in ("features_form", "interface_form"):
        form = response.context[name]
        values |= {field.html_name: field.value() or "" for field in form}
        for links in form.link_sets.values():
            values |= {field.html_name: field.value() for field in links.management_form if field.value() is not None}
    return values


def test_switches_of_both_kinds_are_published_in_one_revision(operator_client: Client, acme: Tenant) -> None:
    revision = published(acme).revision
    values = _switches(operator_client, acme)
    values |= {"features-latex": "true", "interface-layout": "wide", "interface-header_links__own": "own"}
    values |= {
        "interface-header_links-0-name": "Docs",
        "interface-header_links-0-url": "https://acme.example/docs",
        "interface-header_links-0-icon_url": "/public/docs.svg",
    }
    command(operator_client, acme, "features", "switches", **values)
    live = published(acme)
    assert live.revision == revision + 1
    assert live.document["features"] == {"latex": True}
    assert live.document["interface"]["layout"] == "wide"
    assert live.document["interface"]["header_links"][0]["name"] == "Docs"
    assert "Docs → https://acme.example/docs" in body(operator_client, acme, "publications")


def test_a_wrong_switch_is_explained_and_publishes_nothing(operator_client: Client, acme: Tenant) -> None:
    revision = published(acme).revision
    values = _switches(operator_client, acme) | {"features-latex": "true", "interface-avatar_size": "4000"}
    page = text_of(command(operator_client, acme, "features", "switches", **values))
    assert "Write a whole number from 12 to 96." in page
    assert published(acme).revision == revision


def test_whom_a_flag_is_for_is_shown_and_stays_when_the_flag_is_switched(
    operator_client: Client, operator: Actor, acme: Tenant
) -> None:
    define_flag(acme.pk, "beta", definition={"rules": [{"variant": "on", "roles": ["admin"]}]}, actor=operator)
    assert "on for admins; off for everybody else" in body(operator_client, acme, "flags")
    command(operator_client, acme, "flags", "switch", name="beta", enabled="off")
    command(operator_client, acme, "flags", "switch", name="beta", enabled="on")
    assert published(acme).document["flags"]["beta"] == {"rules": [{"variant": "on", "roles": ["admin"]}]}


def test_a_flag_is_set_switched_and_removed(operator_client: Client, acme: Tenant) -> None:
    command(operator_client, acme, "flags", "set", name="beta_search", description="New search")
    assert published(acme).document["flags"]["beta_search"] is False
    assert "New search" in body(operator_client, acme, "flags")
    command(operator_client, acme, "flags", "switch", name="beta_search", enabled="on")
    assert published(acme).document["flags"]["beta_search"] is True
    command(operator_client, acme, "flags", "delete", name="beta_search")
    assert "beta_search" not in published(acme).document.get("flags", {})


def test_access_is_closed_to_members_and_everyone_signed_out(operator_client: Client, acme: Tenant) -> None:
    command(operator_client, acme, "access", "access", mode=AccessMode.MEMBERS.value)
    command(operator_client, acme, "access", "sign-out")
    assert published(acme).document["access"] == {"mode": "members", "sign_out_epoch": 1}


def test_other_web_sites_of_a_tenant_are_listed_by_an_operator(operator_client: Client, acme: Tenant) -> None:
    command(operator_client, acme, "access", "access", mode="anonymous", allowed_origins="shop.example")
    assert published(acme).document["access"] == {"allowed_origins": ["https://shop.example"]}
    assert "https://shop.example" in body(operator_client, acme, "access")


def test_conversations_are_no_longer_kept_and_then_kept_again(operator_client: Client, acme: Tenant) -> None:
    assert "Stop keeping" in body(operator_client, acme, "access")
    command(operator_client, acme, "access", "stop-history")
    assert published(acme).document["history"] == {}
    assert "Keep conversations" in body(operator_client, acme, "access")
    command(operator_client, acme, "access", "keep-history")
    assert published(acme).document["history"] == {"enabled": True}


def test_a_secret_is_never_in_any_page_after_saving(operator_client: Client, acme: Tenant) -> None:
    saved = command(operator_client, acme, "environment", "set", name="API_KEY", value=SECRET, is_secret="on")
    with tenant_schema(acme):
        token = EnvironmentVariable.objects.get(name="API_KEY").value
    pages = [text_of(saved), *(body(operator_client, acme, tab) for tab in TABS)]
    pages.append(text_of(operator_client.get(address("registry_tenant_environment", acme.pk), {"edit": "API_KEY"})))
    pages.append(text_of(operator_client.get(address("registry_publication_change", published(acme).pk))))
    pages += [
        text_of(operator_client.get(address(name)))
        for name in ("index", "registry_auditentry_changelist", "registry_publication_changelist")
    ]
    for page in pages:
        assert SECRET not in page
        assert token not in page
    assert "set on" in pages[0]


def test_a_secret_in_a_form_with_a_mistake_is_not_repeated(operator_client: Client, acme: Tenant) -> None:
    page = text_of(command(operator_client, acme, "environment", "set", name="bad", value=SECRET, is_secret="on"))
    assert "is not a variable name" in page
    assert SECRET not in page


def test_the_same_secret_again_is_no_change_and_a_new_one_is_shown_as_new(
    operator_client: Client, acme: Tenant
) -> None:
    for _ in range(2):
        page = text_of(
            command(operator_client, acme, "environment", "set", name="API_KEY", value=SECRET, is_secret="on")
        )
    assert "Nothing changed" in page
    command(operator_client, acme, "environment", "set", name="API_KEY", value=SECRET + "4", is_secret="on")
    history = body(operator_client, acme, "publications")
    assert "Secrets / API_KEY" in history
    assert "secret (new value)" in history


def test_a_plain_variable_is_shown_and_removed(operator_client: Client, acme: Tenant) -> None:
    command(operator_client, acme, "environment", "set", name="MODEL", value="small-1")
    assert "small-1" in body(operator_client, acme, "environment")
    command(operator_client, acme, "environment", "delete", name="MODEL")
    assert "MODEL" not in published(acme).document.get("environment", {})


def _member(tenant: Tenant, email: str) -> Member:
    with tenant_schema(tenant):
        return Member.objects.get(email=email)


def test_a_member_is_added_changed_given_a_password_and_removed(operator_client: Client, acme: Tenant) -> None:
    command(operator_client, acme, "members", "add", email="Ann@Acme.example", name="Ann", role="member")
    ann = _member(acme, "ann@acme.example")
    assert "No password" in body(operator_client, acme, "members")
    command(operator_client, acme, "members", "update", member=ann.pk, name="Ann B.", role="admin", is_active="on")
    command(operator_client, acme, "members", "password", member=ann.pk, password="a long enough phrase")
    changed = _member(acme, "ann@acme.example")
    assert (changed.name, changed.role, changed.is_active) == ("Ann B.", "admin", True)
    assert changed.password != ann.password
    command(operator_client, acme, "members", "remove", member=ann.pk)
    assert "ann@acme.example" not in body(operator_client, acme, "members")
    assert audited(acme)[:4] == ["member.remove", "member.set_password", "member.update", "member.add"]


def test_a_member_without_a_password_is_invited_and_one_with_a_password_is_signed_out(
    operator_client: Client, acme: Tenant
) -> None:
    page = text_of(command(operator_client, acme, "members", "add", email="ann@acme.example", name="", role="member"))
    assert "ann@acme.example is invited by mail." in page
    ann = _member(acme, "ann@acme.example")
    command(operator_client, acme, "members", "invite", member=ann.pk)
    command(operator_client, acme, "members", "password", member=ann.pk, password="a long enough phrase")
    assert "has a password already" in text_of(command(operator_client, acme, "members", "invite", member=ann.pk))
    command(operator_client, acme, "members", "sign-out", member=ann.pk)
    assert audited(acme)[:4] == ["member.sign_out", "member.set_password", "member.invite", "member.add"]
    assert str(ann.pk) in published(acme).document["access"]["ended"]


def test_a_members_second_factor_is_reset_which_signs_them_out(operator_client: Client, acme: Tenant) -> None:
    owner = _member(acme, "owner@acme.example")
    page_of_owner = address("registry_tenant_members", acme.pk) + f"?edit={owner.pk}"
    assert "Reset the second factor" not in text_of(operator_client.get(page_of_owner))
    give_app(acme, owner)
    assert "Reset the second factor" in text_of(operator_client.get(page_of_owner))
    page = text_of(command(operator_client, acme, "members", "reset-factors", member=owner.pk))
    assert "The second factor is reset" in page
    assert audited(acme)[0] == "second_factor.reset"
    assert str(owner.pk) in published(acme).document["access"]["ended"]
    with tenant_schema(acme):
        assert not has_second_factor(owner.pk)


def test_the_last_owner_stays(operator_client: Client, acme: Tenant) -> None:
    owner = _member(acme, "owner@acme.example")
    page = text_of(command(operator_client, acme, "members", "remove", member=owner.pk))
    assert "keeps at least one active owner" in page
    page = text_of(command(operator_client, acme, "members", "update", member=owner.pk, name="", role="member"))
    assert "keeps at least one active owner" in page
    assert _member(acme, "owner@acme.example").role == "owner"


def test_an_unknown_command_is_not_found(operator_client: Client, acme: Tenant) -> None:
    response = operator_client.post(address("registry_tenant_flags", acme.pk), {"command": "drop"})
    assert response.status_code == 404
