"""Tenants whose changes wait: what is served meanwhile, and publishing and discarding what waits."""

import json
from dataclasses import replace

import pytest
from cryptography.fernet import Fernet

from tenants.assets.services.slots import remove_asset
from tenants.contract.errors import ConflictError
from tenants.contract.roles import Permission, Role
from tenants.contract.secrets import SecretBox
from tenants.contract.state import AccessMode, TenantState, decode_state
from tenants.identity.services.members import update_member
from tenants.registry.actor import Actor, ActorKind, NotPermittedError
from tenants.registry.drafts import read_draft
from tenants.registry.models import AuditEntry, Publication, Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.domains import add_domain, verify_domain
from tenants.registry.services.drafts import discard_draft, publish_draft, set_publish_on_save
from tenants.registry.services.lifecycle import suspend_tenant
from tenants.registry.services.resealing import reseal_tenant_secrets
from tenants.registry.services.revisions import restore_revision
from tenants.registry.services.shared_environment import set_shared_variable
from tenants.workspace.models import Flag, Member
from tenants.workspace.services.access import sign_out_everyone, update_access
from tenants.workspace.services.branding import get_branding, update_branding
from tenants.workspace.services.chat import update_chat
from tenants.workspace.services.chat_settings import update_chat_settings
from tenants.workspace.services.environment import delete_variable, set_variable
from tenants.workspace.services.flags import set_flag
from tenants.workspace.services.history import update_history
from tests.tenants.assets.published import publish_file, stored_file


def again(tenant) -> Tenant:
    """Return the tenant as it is now."""
    return Tenant.objects.select_related("live_publication").get(pk=tenant.pk)


def served(tenant) -> TenantState:
    """Return the state that the tenant's visitors are served."""
    return decode_state(json.dumps(again(tenant).live_publication.document))


def waiting(tenant) -> dict[str, tuple[str | None, str | None]]:
    """Return what waits: before and after, by name."""
    draft = read_draft(again(tenant))
    return {change.name: (change.before, change.after) for change in draft.changes} if draft else {}


@pytest.fixture
def drafting(acme, operator) -> Tenant:
    """Acme, which publishes when it says so."""
    set_publish_on_save(acme.pk, enabled=False, actor=operator)
    return acme


@pytest.fixture
def admin(acme) -> Actor:
    """An admin of acme."""
    with tenant_schema(acme):
        member = Member.objects.create(email="admin@acme.example", role=Role.ADMIN, password="!")
    return Actor(ActorKind.MEMBER, member.email, Role.ADMIN, member.pk)


def edit_everything(tenant, operator) -> None:
    """Make an edit in each part of a workspace."""
    update_branding(tenant.pk, values={"display_name": "Drafted"}, actor=operator)
    update_chat_settings(tenant.pk, features={"latex": True}, interface={"layout": "wide"}, actor=operator)
    update_chat(
        tenant.pk,
        texts={"de": {"welcome": "Hallo"}},
        starters=[{"label": "Ask", "message": "What?"}],
        header_links=None,
        actor=operator,
    )
    set_flag(tenant.pk, "beta", enabled=True, actor=operator)
    update_access(tenant.pk, mode="members", session_seconds=7200, actor=operator)
    set_variable(tenant.pk, "MODEL", value="small", is_secret=False, actor=operator)
    set_variable(tenant.pk, "API_KEY", value="sk-hidden", is_secret=True, actor=operator)
    update_history(tenant.pk, enabled=False, actor=operator)


EDITED = {
    "Branding / display name", "Features / latex", "Interface / layout", "Flags / beta", "Access / mode",
    "Access / session seconds", "Environment / MODEL", "Secrets / API_KEY", "History / enabled",
    "Chat / texts / de / welcome", "Chat / starters",
}  # fmt: skip


def test_a_new_choice_changes_nothing_that_is_served(acme, operator):
    before = again(acme).live_publication
    set_publish_on_save(acme.pk, enabled=False, actor=operator)
    assert again(acme).live_publication == before
    assert waiting(acme) == {}


def test_what_is_saved_waits_and_is_told_in_words(drafting, globex, operator):
    before = served(drafting)
    edit_everything(drafting, operator)
    edit_everything(globex, operator)
    assert served(drafting) == before
    assert set(waiting(drafting)) == EDITED
    assert waiting(drafting)["Branding / display name"] == ("Acme", "Drafted")
    assert "sk-hidden" not in str(waiting(drafting))
    assert waiting(globex) == {}
    assert served(globex).branding.display_name == "Drafted"


def test_publishing_makes_one_revision_of_all_that_waits(drafting, operator):
    revision = again(drafting).live_publication.revision
    edit_everything(drafting, operator)
    live = publish_draft(drafting.pk, note="The new look", actor=operator)
    assert (live.revision, live.note, live.actor) == (revision + 1, "The new look", "operator@example.com")
    state = served(drafting)
    assert (state.branding.display_name, state.flags, state.access.mode) == (
        "Drafted", {"beta": True}, AccessMode.MEMBERS,
    )  # fmt: skip
    assert waiting(drafting) == {}
    entry = AuditEntry.objects.get(action="draft.publish", tenant_id=drafting.pk)
    assert set(entry.changes["changed"]) == EDITED


def test_discarding_brings_the_rows_back_and_publishes_nothing(drafting, operator):
    set_variable(drafting.pk, "KEPT", value="old", is_secret=True, actor=operator)
    publish_draft(drafting.pk, actor=operator)
    before = again(drafting).live_publication
    edit_everything(drafting, operator)
    delete_variable(drafting.pk, "KEPT", actor=operator)
    discard_draft(drafting.pk, actor=operator)
    assert (again(drafting).live_publication, waiting(drafting)) == (before, {})
    with tenant_schema(drafting):
        assert get_branding().display_name == "Acme"
        assert not Flag.objects.exists()
    entry = AuditEntry.objects.get(action="draft.discard", tenant_id=drafting.pk)
    assert entry.changes["Branding / display name"] == ["Drafted", "Acme"]
    assert "sk-hidden" not in str(entry.changes)


def test_what_must_not_wait_is_served_at_once_and_nothing_else_with_it(drafting, operator):
    edit_everything(drafting, operator)
    add_domain(drafting.pk, "chat.acme.example", actor=operator)
    verify_domain(drafting.pk, drafting.domains.get(domain="chat.acme.example").pk, actor=operator)
    set_shared_variable("", "SHARED", value="1", is_secret=False, actor=operator)
    sign_out_everyone(drafting.pk, actor=operator)
    suspend_tenant(drafting.pk, actor=operator)
    state = served(drafting)
    assert (state.status, "chat.acme.example" in state.hosts) == ("suspended", True)
    assert state.access.sign_out_epoch == 1
    assert (state.branding.display_name, state.access.mode) == ("Acme", AccessMode.ANONYMOUS)
    assert set(waiting(drafting)) == EDITED


def test_a_member_who_is_switched_off_is_out_at_once(drafting, operator, admin):
    update_branding(drafting.pk, values={"display_name": "Drafted"}, actor=operator)
    update_member(drafting.pk, admin.member_id, name="", role="admin", is_active=False, actor=operator)
    assert str(admin.member_id) in served(drafting).access.ended
    assert served(drafting).branding.display_name == "Acme"
    assert set(waiting(drafting)) == {"Branding / display name"}


def test_a_draft_must_be_valid_when_it_is_saved(drafting, operator):
    with pytest.raises(ConflictError):
        update_access(drafting.pk, mode="members", entry="domains", email_domains=["elsewhere.example"], actor=operator)
    assert waiting(drafting) == {}


def test_only_what_was_looked_at_is_published_or_discarded(drafting, operator):
    update_branding(drafting.pk, values={"display_name": "Seen"}, actor=operator)
    seen = read_draft(again(drafting)).checksum
    update_branding(drafting.pk, values={"description": "Not seen."}, actor=operator)
    for decide in (publish_draft, discard_draft):
        with pytest.raises(ConflictError) as refusal:
            decide(drafting.pk, seen=seen, actor=operator)
        assert refusal.value.code == "draft_changed"
    assert set(waiting(drafting)) == {"Branding / description", "Branding / display name"}


def test_nothing_is_nothing_to_publish_or_discard(acme, drafting, operator):
    for decide in (publish_draft, discard_draft):
        with pytest.raises(ConflictError) as refusal:
            decide(drafting.pk, actor=operator)
        assert refusal.value.code == "draft_empty"


def test_who_publishes_may_do_what_the_changes_take(drafting, operator, admin):
    update_branding(drafting.pk, values={"display_name": "Drafted"}, actor=admin)
    update_access(drafting.pk, session_seconds=7200, actor=admin)
    publish_draft(drafting.pk, actor=admin)
    update_access(drafting.pk, mode="members", actor=operator)
    for decide in (publish_draft, discard_draft):
        with pytest.raises(NotPermittedError) as refusal:
            decide(drafting.pk, actor=admin)
        assert refusal.value.details["permission"] == Permission.MANAGE_ACCESS
    assert served(drafting).access.mode is AccessMode.ANONYMOUS


def test_a_policy_that_has_come_to_lock_the_owners_out_is_not_published(drafting, operator):
    update_access(drafting.pk, mode="members", methods=["password"], actor=operator)
    with tenant_schema(drafting):
        Member.objects.filter(role=Role.OWNER).update(is_active=False)
    with pytest.raises(ConflictError) as refusal:
        publish_draft(drafting.pk, actor=operator)
    assert refusal.value.code == "owners_locked_out"
    assert served(drafting).access.mode is AccessMode.ANONYMOUS


def test_publishing_on_save_again_publishes_what_waits(drafting, operator):
    update_branding(drafting.pk, values={"display_name": "Drafted"}, actor=operator)
    set_publish_on_save(drafting.pk, enabled=True, actor=operator)
    assert served(drafting).branding.display_name == "Drafted"
    update_branding(drafting.pk, values={"display_name": "At once"}, actor=operator)
    assert served(drafting).branding.display_name == "At once"


def test_a_file_waits_and_the_live_one_stays(drafting, operator, seaweedfs):
    first, second = stored_file(drafting), stored_file(drafting)
    publish_file(drafting, operator, "logo_light", file=first)
    publish_draft(drafting.pk, actor=operator)
    live = served(drafting).assets
    publish_file(drafting, operator, "logo_light", file=second)
    assert served(drafting).assets == live
    assert set(waiting(drafting)) == {"Assets / logo light"}
    discard_draft(drafting.pk, actor=operator)
    assert (served(drafting).assets, waiting(drafting)) == (live, {})
    remove_asset(drafting.pk, "logo_light", actor=operator)
    publish_draft(drafting.pk, actor=operator)
    assert served(drafting).assets == ()


def test_code_that_is_taken_away_is_gone_at_once(drafting, operator, seaweedfs):
    script = stored_file(drafting)
    publish_file(drafting, operator, "script", file=script)
    publish_draft(drafting.pk, actor=operator)
    update_branding(drafting.pk, values={"display_name": "Drafted"}, actor=operator)
    remove_asset(drafting.pk, "script", actor=operator)
    assert served(drafting).assets == ()
    assert set(waiting(drafting)) == {"Branding / display name"}


def test_discarding_brings_a_described_flag_back(drafting, operator):
    set_flag(drafting.pk, "beta", enabled=True, description="For friends", actor=operator)
    publish_draft(drafting.pk, actor=operator)
    set_flag(drafting.pk, "beta", enabled=False, actor=operator)
    discard_draft(drafting.pk, actor=operator)
    with tenant_schema(drafting):
        assert Flag.objects.values_list("enabled", "description").get(name="beta") == (True, "For friends")


def test_an_older_revision_comes_back_live(drafting, operator):
    revision = again(drafting).live_publication.revision
    update_branding(drafting.pk, values={"display_name": "Drafted"}, actor=operator)
    publish_draft(drafting.pk, actor=operator)
    restore_revision(drafting.pk, revision, actor=operator)
    assert (served(drafting).branding.display_name, waiting(drafting)) == ("Acme", {})
    assert Publication.objects.filter(tenant=drafting).count() == revision + 2


def test_an_older_revision_replaces_what_waits_only_where_that_was_seen(drafting, operator):
    revision = again(drafting).live_publication.revision
    update_branding(drafting.pk, values={"display_name": "Live"}, actor=operator)
    publish_draft(drafting.pk, actor=operator)
    update_branding(drafting.pk, values={"display_name": "Drafted"}, actor=operator)
    seen = read_draft(again(drafting)).checksum
    with pytest.raises(ConflictError) as refusal:
        restore_revision(drafting.pk, revision, actor=operator)
    assert (refusal.value.code, served(drafting).branding.display_name) == ("draft_waits", "Live")
    restore_revision(drafting.pk, revision, replacing=seen, actor=operator)
    assert (served(drafting).branding.display_name, waiting(drafting)) == ("Acme", {})
    entry = AuditEntry.objects.get(action="revision.restore", tenant_id=drafting.pk)
    assert entry.changes["discarded"] == {"Branding / display name": ["Drafted", "Live"]}


def test_secrets_of_the_live_revision_are_sealed_anew_too(drafting, operator, settings):
    for name in ("KEPT", "REPLACED"):
        set_variable(drafting.pk, name, value="old", is_secret=True, actor=operator)
    publish_draft(drafting.pk, actor=operator)
    set_variable(drafting.pk, "REPLACED", value="new", is_secret=True, actor=operator)
    newest = Fernet.generate_key().decode()
    keys = (newest, *settings.ENVIRONMENT.encryption_keys)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, encryption_keys=keys)
    reseal_tenant_secrets(drafting.pk, actor=operator)
    box, secrets = SecretBox((newest,)), served(drafting).secrets
    assert {name: box.decrypt(token, tenant_id=str(drafting.pk)) for name, token in secrets.items()} == {
        "KEPT": "old", "REPLACED": "old",
    }  # fmt: skip
    assert set(waiting(drafting)) == {"Secrets / REPLACED"}
    revision = again(drafting).live_publication.revision
    reseal_tenant_secrets(drafting.pk, actor=operator)
    assert again(drafting).live_publication.revision == revision
