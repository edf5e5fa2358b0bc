"""Publishing: one transaction, numbered revisions, nothing saved without being published."""

import psycopg
import pytest
from django.db import transaction

from tenants.contract.errors import DomainError, InvalidValueError
from tenants.contract.state import STATE_CHANNEL, AccessMode, Theme, decode_state
from tenants.registry.models import AuditEntry, Publication
from tenants.registry.services.publishing import publish_tenant
from tenants.workspace.services.access import sign_out_everyone, update_access
from tenants.workspace.services.branding import update_branding
from tenants.workspace.services.chat_settings import update_chat_settings
from tenants.workspace.services.environment import delete_variable, set_variable
from tenants.workspace.services.flags import delete_flag, set_flag


def live_state(tenant):
    """Return the state that the tenant's live publication holds."""
    import json

    tenant.refresh_from_db()
    return decode_state(json.dumps(tenant.live_publication.document))


def test_a_new_tenant_is_live_at_revision_one_with_its_own_domain(acme):
    state = live_state(acme)
    assert acme.live_publication.revision == 1
    assert state.hosts == ("acme.localhost",)
    assert state.branding.display_name == "Acme"
    assert state.access.mode is AccessMode.ANONYMOUS


def test_an_edit_is_published_as_the_next_revision_with_its_author(acme, operator):
    update_branding(acme.pk, values={"display_name": "Acme Rockets", "light_primary": "#F00"}, actor=operator)
    state = live_state(acme)
    assert (acme.live_publication.revision, acme.live_publication.actor) == (2, "operator@example.com")
    assert state.branding.display_name == "Acme Rockets"
    assert state.branding.light.primary == "#ff0000"
    entry = AuditEntry.objects.get(action="branding.update", tenant_id=acme.pk)
    assert entry.changes["display_name"] == ["Acme", "Acme Rockets"]


def test_identical_content_makes_no_new_revision(acme, operator):
    update_branding(acme.pk, values={"display_name": "Acme"}, actor=operator)
    set_variable(acme.pk, "OPENAI_API_KEY", value="sk-1", is_secret=True, actor=operator)
    set_variable(acme.pk, "OPENAI_API_KEY", value="sk-1", is_secret=True, actor=operator)
    publish_tenant(acme.pk, actor=operator)
    acme.refresh_from_db()
    assert acme.live_publication.revision == 2


def test_old_revisions_are_kept(acme, operator):
    for name in ("One", "Two", "Three"):
        update_branding(acme.pk, values={"display_name": name}, actor=operator)
    names = [row.document["branding"]["display_name"] for row in Publication.objects.filter(tenant=acme)]
    assert names == ["Three", "Two", "One", "Acme"]


def test_an_edit_of_one_tenant_leaves_the_other_as_it_was(acme, globex, operator):
    before = live_state(globex)
    update_branding(acme.pk, values={"display_name": "Changed", "default_theme": "dark"}, actor=operator)
    set_flag(acme.pk, "beta", enabled=True, actor=operator)
    assert live_state(globex) == before
    assert live_state(acme).flags == {"beta": True}
    assert live_state(acme).branding.default_theme is Theme.DARK


def test_every_part_of_a_workspace_reaches_the_state(acme, operator):
    update_chat_settings(
        acme.pk,
        features={"latex": True, "spontaneous_file_upload": {"enabled": False}},
        interface={"layout": "wide", "header_links": [{"name": "Help", "icon_url": "/h.svg", "url": "/help"}]},
        actor=operator,
    )
    update_access(acme.pk, mode="members", actor=operator)
    sign_out_everyone(acme.pk, actor=operator)
    set_variable(acme.pk, "SYSTEM_PROMPT", value="Be brief.", is_secret=False, actor=operator)
    state = live_state(acme)
    assert state.features.latex is True
    assert state.features.spontaneous_file_upload.enabled is False
    assert state.features.edit_message is None
    assert state.interface.layout == "wide"
    assert state.interface.header_links[0].url == "/help"
    assert (state.access.mode, state.access.sign_out_epoch) == (AccessMode.MEMBERS, 1)
    assert state.environment == {"SYSTEM_PROMPT": "Be brief."}


def test_removing_a_flag_or_a_variable_is_published_too(acme, operator):
    set_flag(acme.pk, "beta", enabled=True, actor=operator)
    set_variable(acme.pk, "MODEL", value="small", is_secret=False, actor=operator)
    delete_flag(acme.pk, "beta", actor=operator)
    delete_variable(acme.pk, "MODEL", actor=operator)
    state = live_state(acme)
    assert (state.flags, state.environment) == ({}, {})


def test_a_secret_is_in_no_row_in_the_clear(acme, operator, settings):
    from tenants.contract.secrets import SecretBox

    set_variable(acme.pk, "OPENAI_API_KEY", value="sk-very-secret", is_secret=True, actor=operator)
    token = live_state(acme).secrets["OPENAI_API_KEY"]
    box = SecretBox(settings.ENVIRONMENT.encryption_keys)
    assert box.decrypt(token, tenant_id=str(acme.pk)) == "sk-very-secret"
    rows = str(list(Publication.objects.values())) + str(list(AuditEntry.objects.values()))
    assert "sk-very-secret" not in rows


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"light_primary": "red"}, "colour_invalid"),
        ({"dark_accent": "#12345g"}, "colour_invalid"),
        ({"light_primary": "#ffffff;}</style>"}, "colour_invalid"),
        ({"display_name": "  "}, "display_name_invalid"),
        ({"display_name": "Ac\x0bme"}, "text_invalid"),
        ({"description": "one\ntwo"}, "text_invalid"),
        ({"display_name": "x" * 81}, "display_name_invalid"),
        ({"description": "x" * 301}, "description_too_long"),
        ({"font": "comic"}, "branding_invalid"),
        ({"default_theme": "sepia"}, "branding_invalid"),
        ({"logo": "x"}, "field_unknown"),
    ],
)
def test_bad_branding_is_refused_by_name_and_changes_nothing(acme, operator, values, code):
    before = live_state(acme)
    with pytest.raises(InvalidValueError) as refusal:
        update_branding(acme.pk, values={"description": "changed", **values}, actor=operator)
    assert refusal.value.code == code
    assert live_state(acme) == before
    assert not AuditEntry.objects.filter(action="branding.update").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"features": {"latex": "yes"}},
        {"features": {"unsafe_allow_html": True}},
        {"features": {"spontaneous_file_upload": {"max_files": 0}}},
        {"features": {"mcp": {"user_servers": {"allowed_urls": ["javascript:alert(1)"]}}}},
        {"interface": {"layout": "huge"}},
        {"interface": {"custom_js": "https://evil.example/x.js"}},
        {"interface": {"header_links": [{"name": "x", "icon_url": "/i", "url": "javascript:alert(1)"}]}},
        {"interface": {"custom_meta_url": "not a url"}},
        {"interface": {"language": "de_DE; drop"}},
    ],
)
def test_bad_switches_are_refused_by_name_and_change_nothing(acme, operator, change):
    before = live_state(acme)
    with pytest.raises(InvalidValueError) as refusal:
        update_chat_settings(acme.pk, **change, actor=operator)
    assert refusal.value.code in {"features_invalid", "interface_invalid"}
    assert live_state(acme) == before


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("PATH", "environment_name_protected"),
        ("DATABASE_URL", "environment_name_protected"),
        ("LD_PRELOAD", "environment_name_protected"),
        ("PYTHONPATH", "environment_name_protected"),
        ("CHAINLIT_AUTH_SECRET", "environment_name_protected"),
        ("lower", "environment_name_invalid"),
        ("1ST", "environment_name_invalid"),
        ("WITH SPACE", "environment_name_invalid"),
        ("TRAILING\n", "environment_name_invalid"),
        ("", "environment_name_invalid"),
    ],
)
def test_protected_and_invalid_variable_names_are_refused(acme, operator, name, code):
    with pytest.raises(InvalidValueError) as refusal:
        set_variable(acme.pk, name, value="x", is_secret=False, actor=operator)
    assert refusal.value.code == code
    assert live_state(acme).environment == {}


def test_an_error_after_the_rows_were_written_undoes_them(acme, operator):
    """The rows and their publication are one transaction: an edit that cannot be published is not saved."""
    from tenants.workspace.models import Branding
    from tenants.workspace.services.editing import editing

    def write_what_does_not_compile():
        with transaction.atomic(), editing(acme.pk, actor=operator):
            Branding.objects.update(display_name="")

    with pytest.raises(DomainError):
        write_what_does_not_compile()
    assert live_state(acme).branding.display_name == "Acme"
    from tenants.registry.schema import tenant_schema

    with tenant_schema(acme):
        assert Branding.objects.get().display_name == "Acme"


def test_a_commit_notifies_with_tenant_and_revision(committed_tenant, postgres, operator):
    with psycopg.connect(postgres.url, autocommit=True) as listener:
        listener.execute(f"LISTEN {STATE_CHANNEL}")
        update_branding(committed_tenant.pk, values={"display_name": "Told"}, actor=operator)
        notification = next(listener.notifies(timeout=5, stop_after=1))
    assert notification.payload == f"{committed_tenant.pk}:2"


def test_allowed_origins_are_published_with_an_audit_row_and_kept_by_another_edit(acme, globex, operator):
    update_access(acme.pk, mode="anonymous", allowed_origins=["shop.example"], actor=operator)
    update_access(acme.pk, mode="members", actor=operator)

    assert live_state(acme).access.allowed_origins == ("https://shop.example",)
    assert live_state(globex).access.allowed_origins == ()
    rows = AuditEntry.objects.filter(action="access.update", tenant_id=acme.pk).order_by("pk")
    assert [row.changes for row in rows] == [
        {"allowed_origins": [[], ["https://shop.example"]]}, {"mode": ["anonymous", "members"]},
    ]  # fmt: skip
    with pytest.raises(InvalidValueError, match="At most 50"):
        update_access(
            acme.pk, mode="members", allowed_origins=[f"s{number}.example" for number in range(51)], actor=operator
        )
