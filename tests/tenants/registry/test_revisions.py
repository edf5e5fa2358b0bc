"""Older revisions: each comes back exactly, as a new one, and old ones are removed."""

import dataclasses
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import msgspec
import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenants.assets.services.slots import remove_asset
from tenants.contract.errors import ConflictError, InvalidValueError, NotFoundError
from tenants.contract.secrets import SecretBox
from tenants.contract.state import AccessPolicy, Branding, TenantState, decode_state
from tenants.registry.models import AuditEntry, Publication, Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services import revisions
from tenants.registry.services.domains import add_domain
from tenants.registry.services.lifecycle import suspend_tenant, update_tenant
from tenants.registry.services.publishing import publish_tenant
from tenants.registry.services.revisions import prune_revisions, restore_revision
from tenants.registry.services.shared_environment import set_shared_variable
from tenants.workspace.models import Flag
from tenants.workspace.services.access import sign_out_everyone, update_access
from tenants.workspace.services.branding import BRANDING_FIELDS, update_branding
from tenants.workspace.services.chat import update_chat
from tenants.workspace.services.chat_settings import update_chat_settings
from tenants.workspace.services.environment import delete_variable, set_variable
from tenants.workspace.services.flags import delete_flag, set_flag
from tenants.workspace.services.history import update_history
from tests.tenants.assets.published import publish_file, stored_file

OWNED = (
    "branding", "features", "interface", "chat", "flags", "access", "history", "app_settings", "environment", "secrets",
    "assets", "theme",
)  # fmt: skip


def live(tenant) -> Publication:
    """Return the live publication."""
    return Tenant.objects.select_related("live_publication").get(pk=tenant.pk).live_publication


def state_of(publication: Publication) -> TenantState:
    """Return the state that a publication holds."""
    return decode_state(json.dumps(publication.document))


def owned(publication: Publication) -> dict[str, object]:
    """Return what of a state is the tenant's to choose; the epoch of sign-outs only ever rises."""
    state = state_of(publication)
    state = msgspec.structs.replace(state, access=msgspec.structs.replace(state.access, sign_out_epoch=0))
    return {name: getattr(state, name) for name in OWNED}


@contextmanager
def undone():
    """Run a block in a transaction of its own and undo it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


COLOURS = st.sampled_from(["", "#2563eb", "#dc2626"])
BRANDINGS = st.fixed_dictionaries(
    {},
    optional={
        "display_name": st.sampled_from(["Acme", "Ünïcode ☂", "x" * 80]),
        "description": st.sampled_from(["", "Ask us anything."]),
        "default_theme": st.sampled_from(["", "light", "dark"]),
        "font": st.sampled_from(["", "serif", "rounded"]),
        **{name: COLOURS for name in BRANDING_FIELDS if name.startswith(("light_", "dark_"))},
    },
)
FEATURES = st.fixed_dictionaries(
    {},
    optional={
        "latex": st.booleans(),
        "spontaneous_file_upload": st.fixed_dictionaries(
            {}, optional={"enabled": st.booleans(), "accept": st.lists(st.sampled_from(["image/*", "text/plain"]))}
        ),
        "mcp": st.just({"enabled": True, "user_servers": {"allowed_urls": ["https://tools.example/"]}}),
    },
)
INTERFACES = st.fixed_dictionaries(
    {},
    optional={
        "layout": st.sampled_from(["default", "wide"]),
        "language": st.sampled_from(["en", "de-DE"]),
        "header_links": st.lists(st.just({"name": "Help", "icon_url": "/help.svg", "url": "/help"}), max_size=2),
    },
)
CHATS = st.fixed_dictionaries({
    "texts": st.dictionaries(
        st.sampled_from(["*", "de", "pt-BR"]),
        st.fixed_dictionaries({}, optional={"welcome": st.just("# Hi"), "words": st.just({"new_chat": "Again"})}),
    ),
    "starters": st.lists(st.just({"label": "Ask", "message": "What?", "icon": "/public/a.svg"}), max_size=2),
    "header_links": st.sampled_from([None, [], [{"name": "Docs", "icon_url": "/docs.svg", "url": "/docs"}]]),
})  # fmt: skip
NAMES = st.sampled_from(["alpha", "beta", "gamma"])
EDITS = st.one_of(
    st.tuples(st.just("branding"), BRANDINGS),
    st.tuples(st.just("switches"), FEATURES, INTERFACES),
    st.tuples(st.just("chat"), CHATS),
    st.tuples(st.just("access"), st.sampled_from(["anonymous", "members", "app"]), st.lists(NAMES, unique=True)),
    st.tuples(st.just("sign_out")),
    st.tuples(st.just("history"), st.booleans()),
    st.tuples(st.just("flag"), NAMES, st.sampled_from([True, False, None])),
    st.tuples(st.just("variable"), NAMES, st.sampled_from(["", "one", "two", None]), st.booleans()),
    st.tuples(
        st.just("file"), st.sampled_from(["logo_light", "favicon"]), st.integers(0, 2), st.sampled_from(["", "A"])
    ),
    st.tuples(st.just("no_file"), st.sampled_from(["logo_light", "favicon"])),
    st.tuples(st.just("restore"), st.integers(0, 20)),
)


def edit(tenant, actor, files: list[dict], kind: str, *values) -> None:  # noqa: PLR0912 - a case for each kind
    """Make one edit by the service that a person would make it with; an upload's way is shortened to its end."""
    match kind, values:
        case "branding", (fields,):
            update_branding(tenant.pk, values=fields, actor=actor)
        case "switches", (features, interface):
            update_chat_settings(tenant.pk, features=features, interface=interface, actor=actor)
        case "chat", (fields,):
            update_chat(tenant.pk, **fields, actor=actor)
        case "access", (mode, names):
            sites = [f"https://{name}.example" for name in names]
            update_access(tenant.pk, mode=mode, allowed_origins=sites, actor=actor)
        case "sign_out", ():
            sign_out_everyone(tenant.pk, actor=actor)
        case "history", (enabled,):
            update_history(tenant.pk, enabled=enabled, actor=actor)
        case "flag", (name, None):
            if name in state_of(live(tenant)).flags:
                delete_flag(tenant.pk, name, actor=actor)
        case "flag", (name, enabled):
            set_flag(tenant.pk, name, enabled=enabled, actor=actor)
        case "variable", (name, None, _):
            state = state_of(live(tenant))
            if name.upper() in {*state.environment, *state.secrets}:
                delete_variable(tenant.pk, name.upper(), actor=actor)
        case "variable", (name, value, is_secret):
            set_variable(tenant.pk, name.upper(), value=value, is_secret=is_secret, actor=actor)
        case "file", (role, number, alt):
            publish_file(tenant, actor, role, file=files[number], alt=alt)
        case "no_file", (role,):
            if role in {asset.role for asset in state_of(live(tenant)).assets}:
                remove_asset(tenant.pk, role, actor=actor)
        case "restore", (position,):
            restore_revision(tenant.pk, position % live(tenant).revision + 1, actor=actor)


@pytest.fixture
def files(acme, seaweedfs) -> list[dict]:
    """Three files in the store, of which one has a rendition."""
    first, second, third, small = (stored_file(acme) for _ in range(4))
    rendition = {**small, "width": 60, "height": 20}
    return [{**first, "renditions": [rendition]}, {**second, "renditions": []}, {**third, "renditions": []}]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(edits=st.lists(EDITS, max_size=8), data=st.data())
def test_whatever_was_edited_each_revision_comes_back_exactly(  # noqa: PLR0917 - fixtures and what is drawn
    acme, globex, operator, files, edits, data
):
    with undone():
        for kind, *values in edits:
            edit(acme, operator, files, kind, *values)
        epoch = state_of(live(acme)).access.sign_out_epoch
        chosen = data.draw(st.integers(1, live(acme).revision))

        restored = restore_revision(acme.pk, chosen, actor=operator)

        assert owned(restored) == owned(Publication.objects.get(tenant=acme, revision=chosen))
        assert restored == live(acme)
        assert state_of(restored).access.sign_out_epoch == epoch
        # The rows say it too: publishing them again finds nothing new.
        assert publish_tenant(acme.pk, actor=operator) == restored
        assert live(globex).revision == 1


NOT_OWNED = (
    "id", "slug", "name", "schema", "status", "app", "hosts", "platform_environment", "plan_environment", "version",
)  # fmt: skip


def test_each_field_of_a_state_is_decided_to_come_back_or_not():
    assert {*OWNED, *NOT_OWNED} == {field.name for field in msgspec.structs.fields(TenantState)}


def test_each_field_of_branding_and_access_comes_back(acme, operator):
    palette = {"primary": "#111111", "background": "#222222", "accent": "#333333"}
    branding = {
        "display_name": "Old", "description": "Then", "default_theme": "dark", "font": "serif",
        "light": palette, "dark": palette,
    }  # fmt: skip
    access = {
        "mode": "members", "allowed_origins": ["https://old.example"], "entry": "invited",
        "email_domains": ["acme.example"], "session_seconds": 3600, "idle_seconds": 900, "networks": ["10.0.0.0/8"],
        "sign_up": "domain", "second_factor": {"member": "required"},
    }  # fmt: skip
    assert set(branding) == {field.name for field in msgspec.structs.fields(Branding)}
    # Methods are the installation's to offer; sign-ins that were ended stay ended.
    assert {*access, "methods", "ended", "sign_out_epoch"} == {f.name for f in msgspec.structs.fields(AccessPolicy)}
    document = {**live(acme).document, "branding": branding, "access": access}
    Publication.objects.create(tenant=acme, revision=9, document=document, checksum="x", actor="system")

    restored = restore_revision(acme.pk, 9, actor=operator)

    assert (restored.document["branding"], restored.document["access"]) == (branding, access)


def test_a_restored_revision_is_a_new_one_that_says_who_and_from_where(acme, operator):
    update_branding(acme.pk, values={"display_name": "Two"}, actor=operator)
    restored = restore_revision(acme.pk, 1, actor=operator)
    assert (restored.revision, restored.actor, restored.note) == (3, operator.label, "Revision 1 restored")
    entry = AuditEntry.objects.get(action="revision.restore", tenant_id=acme.pk)
    assert (entry.target, entry.changes) == ("revision 1", {"revision": [2, 3]})
    assert [row.revision for row in Publication.objects.filter(tenant=acme)] == [3, 2, 1]


def test_restoring_what_is_live_already_makes_no_revision_and_no_audit_entry(acme, operator):
    assert restore_revision(acme.pk, 1, actor=operator).revision == 1
    assert not AuditEntry.objects.filter(action="revision.restore", tenant_id=acme.pk).exists()


def test_what_is_not_the_tenants_to_choose_stays_as_it_is_now(acme, operator):
    update_tenant(acme.pk, name="Acme Limited", app="assistant", plan="gold", actor=operator)
    set_shared_variable("gold", "MODEL", value="large", is_secret=False, actor=operator)
    add_domain(acme.pk, "chat.acme.example", verified=True, actor=operator)
    suspend_tenant(acme.pk, actor=operator)
    before = state_of(live(acme))
    restore_revision(acme.pk, 1, actor=operator)
    after = state_of(live(acme))
    assert (after.name, after.status, after.hosts) == ("Acme Limited", "suspended", before.hosts)
    assert after.plan_environment.environment == {"MODEL": "large"}


def test_a_revision_of_another_tenant_is_not_found(acme, globex, operator):
    update_branding(acme.pk, values={"display_name": "Two"}, actor=operator)
    with pytest.raises(NotFoundError, match="There is no revision 2") as refusal:
        restore_revision(globex.pk, 2, actor=operator)
    assert refusal.value.code == "revision_not_found"
    assert state_of(live(globex)).branding.display_name == "Globex"


def test_a_secret_comes_back_as_the_same_token_and_opens(acme, operator, settings):
    set_variable(acme.pk, "KEY", value="first", is_secret=True, actor=operator)
    token = state_of(live(acme)).secrets["KEY"]
    set_variable(acme.pk, "KEY", value="in the open", is_secret=False, actor=operator)
    restore_revision(acme.pk, 2, actor=operator)
    state = state_of(live(acme))
    assert (state.secrets, state.environment) == ({"KEY": token}, {})
    assert SecretBox(settings.ENVIRONMENT.encryption_keys).decrypt(token, tenant_id=str(acme.pk)) == "first"


def test_a_secret_whose_key_is_gone_is_refused_by_name_and_nothing_changes(acme, operator, settings):
    set_variable(acme.pk, "KEY", value="first", is_secret=True, actor=operator)
    delete_variable(acme.pk, "KEY", actor=operator)
    update_branding(acme.pk, values={"display_name": "Four"}, actor=operator)
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, encryption_keys=(Fernet.generate_key().decode(),))
    with pytest.raises(ConflictError, match="The secret KEY was made with") as refusal:
        restore_revision(acme.pk, 2, actor=operator)
    assert refusal.value.code == "revision_secret_unreadable"
    assert (live(acme).revision, state_of(live(acme)).branding.display_name) == (4, "Four")


def test_a_variable_that_the_platform_has_taken_since_does_not_come_back(acme, operator):
    document = {**live(acme).document, "environment": {"RUNTIME_NEW": "1"}}
    Publication.objects.create(tenant=acme, revision=9, document=document, checksum="x", actor="system")
    with pytest.raises(InvalidValueError, match="RUNTIME_NEW belongs to the platform"):
        restore_revision(acme.pk, 9, actor=operator)


def test_a_document_of_another_age_is_refused_and_the_place_is_named(acme, operator):
    document = {**live(acme).document, "branding": {"display_name": "Acme", "jingle": "ta-da"}}
    Publication.objects.create(tenant=acme, revision=9, document=document, checksum="x", actor="system")
    with pytest.raises(ConflictError, match="jingle") as refusal:
        restore_revision(acme.pk, 9, actor=operator)
    assert refusal.value.code == "revision_unreadable"


def test_what_a_flag_is_for_stays_with_the_flag(acme, operator):
    set_flag(acme.pk, "beta", enabled=True, description="New things.", actor=operator)
    set_flag(acme.pk, "beta", enabled=False, actor=operator)
    restore_revision(acme.pk, 2, actor=operator)
    with tenant_schema(acme):
        assert Flag.objects.values_list("enabled", "description").get(name="beta") == (True, "New things.")


def test_an_operator_restores_by_command(acme, operator):
    update_branding(acme.pk, values={"display_name": "Two"}, actor=operator)
    said = io.StringIO()
    call_command("restore_revision", "acme", "1", note="As before the sale", stdout=said)
    assert said.getvalue() == "acme is at revision 3, as it was in 1\n"
    assert (live(acme).note, state_of(live(acme)).branding.display_name) == ("As before the sale", "Acme")
    for arguments, reason in (
        (("acme", "7"), "There is no revision 7"),
        (("nobody", "1"), "There is no tenant nobody"),
    ):
        with pytest.raises(CommandError, match=reason):
            call_command("restore_revision", *arguments)


def test_restoring_and_editing_at_once_happen_one_after_the_other(committed_tenant, operator):
    for name in ("Two", "Three"):
        update_branding(committed_tenant.pk, values={"display_name": name}, actor=operator)
    jobs = [
        *(lambda number=number: restore_revision(committed_tenant.pk, number, actor=operator) for number in (1, 2, 1)),
        *(
            lambda name=name: update_branding(committed_tenant.pk, values={"description": name}, actor=operator)
            for name in ("here", "there")
        ),
    ]
    start = threading.Barrier(len(jobs))

    def run(job) -> None:
        start.wait()
        try:
            job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        list(pool.map(run, jobs))

    numbers = kept(committed_tenant)
    assert numbers == list(range(1, len(numbers) + 1))
    # Whatever came last, rows and document agree.
    assert publish_tenant(committed_tenant.pk, actor=operator) == live(committed_tenant)


def test_a_revision_that_is_removed_between_check_and_lock_is_not_restored(committed_tenant, operator, monkeypatch):
    update_branding(committed_tenant.pk, values={"display_name": "Two"}, actor=operator)

    def remove(tenant, _state, _actor) -> None:
        Publication.objects.filter(tenant=tenant, revision=1).delete()

    monkeypatch.setitem(revisions._restorers, "test", revisions.Restorer(check=remove, restore=fail_if_called))
    with pytest.raises(NotFoundError):
        restore_revision(committed_tenant.pk, 1, actor=operator)
    assert state_of(live(committed_tenant)).branding.display_name == "Two"


def fail_if_called(*_arguments) -> None:
    """Be a step that must not be reached."""
    raise AssertionError


def age(tenant, *revisions: int, days: int) -> None:
    """Make revisions older."""
    Publication.objects.filter(tenant=tenant, revision__in=revisions).update(
        created_at=timezone.now() - timedelta(days=days)
    )


def kept(tenant) -> list[int]:
    """Return the revisions that are there, oldest first."""
    return sorted(Publication.objects.filter(tenant=tenant).values_list("revision", flat=True))


def test_revisions_go_that_are_neither_among_the_newest_nor_young(acme, globex, operator, settings):
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, revisions_kept=3, revisions_days=30)
    for number in range(2, 8):
        update_branding(acme.pk, values={"display_name": f"Number {number}"}, actor=operator)
    age(acme, 1, 2, 4, 5, 7, days=31)
    age(globex, 1, days=400)

    assert prune_revisions() == 3

    assert kept(acme) == [3, 5, 6, 7]
    assert kept(globex) == [1]
    entry = AuditEntry.objects.get(action="revision.prune")
    assert (entry.tenant_id, entry.changes) == (acme.pk, {"revisions": [1, 4], "count": 3})
    assert prune_revisions() == 0
    with pytest.raises(NotFoundError):
        restore_revision(acme.pk, 2, actor=operator)


def test_the_live_revision_stays_however_old_it_is(acme, operator, settings):
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, revisions_kept=1, revisions_days=0)
    update_branding(acme.pk, values={"display_name": "Two"}, actor=operator)
    age(acme, 1, 2, days=4000)
    prune_revisions()
    assert kept(acme) == [2]
    update_branding(acme.pk, values={"display_name": "Three"}, actor=operator)
    assert live(acme).revision == 3
