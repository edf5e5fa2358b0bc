"""What a tenant sets of its app: checked by the app's JSON Schema, published, audited, and no other tenant's."""

import dataclasses
from typing import Literal

import pytest
from django.utils import timezone
from pydantic import BaseModel, Field, SecretStr

from tenants.contract.app_settings import SchemaUnusableError
from tenants.contract.errors import ConflictError
from tenants.registry.models import AppSchema, AuditEntry, Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.sealing import unseal
from tenants.registry.services.drafts import publish_draft
from tenants.registry.services.lifecycle import update_tenant
from tenants.registry.services.revisions import restore_revision
from tenants.workspace.app_settings_form import AppSettingsForm
from tenants.workspace.meanwhile import EditedMeanwhileError
from tenants.workspace.services.app_settings import SettingsRefusedError, read_app_settings, update_app_settings


class Limits(BaseModel):
    answers: int = Field(3, ge=1, le=5)


class Settings(BaseModel):
    greeting: str = Field("Hello", max_length=20)
    share: float | None = Field(None, gt=0, lt=1)
    tone: Literal["warm", "cool"] = "warm"
    topics: list[str] = Field([], max_length=2)
    rules: dict[str, int] = {}
    loud: bool = False
    key: SecretStr = Field(SecretStr(""), max_length=10)
    limits: Limits = Limits()


@pytest.fixture(autouse=True)
def declare(db):
    """Tell the control plane of an app's model, as a runtime does; Settings of the tenants' app to begin with."""

    def declare(model, app="assistant"):
        defaults = {"schema": model.model_json_schema(), "digest": "", "seen_at": timezone.now()}
        AppSchema.objects.update_or_create(app=app, defaults=defaults)

    declare(Settings)
    return declare


def published(tenant):
    return Tenant.objects.get(pk=tenant.pk).live_publication.document.get("app_settings", {})


def stored(tenant):
    tenant = Tenant.objects.get(pk=tenant.pk)
    with tenant_schema(tenant):
        return read_app_settings(tenant)


def test_values_are_published_and_audited_and_no_other_tenants(acme, globex, operator):
    values = {"greeting": "Servus", "limits.answers": 5, "topics": ["tea"]}
    update_app_settings(acme.pk, values=values, secrets={"key": "sk-acme"}, actor=operator)

    document = published(acme)
    assert document["values"] == values
    assert unseal(document["secrets"]["key"], owner=str(acme.pk)) == "sk-acme"
    assert published(globex) == {}
    entry = AuditEntry.objects.get(action="app_settings.update")
    assert entry.changes["greeting"] == [None, "Servus"]
    assert entry.changes["key"] == [None, "secret"]
    assert "sk-acme" not in str(entry.changes)


def test_what_is_saved_again_changes_nothing_and_a_secret_that_is_not_named_stays(acme, operator):
    update_app_settings(acme.pk, values={"loud": True}, secrets={"key": "sk"}, actor=operator)
    before = Tenant.objects.get(pk=acme.pk).live_publication
    update_app_settings(acme.pk, values={"loud": True}, secrets={"key": "sk"}, actor=operator)
    update_app_settings(acme.pk, values={"loud": True}, actor=operator)
    assert Tenant.objects.get(pk=acme.pk).live_publication == before

    update_app_settings(acme.pk, values={}, secrets={"key": None}, actor=operator)
    assert published(acme) == {}


@pytest.mark.parametrize(
    ("values", "path", "fault"),
    [
        ({"greeting": "x" * 21}, "greeting", "At most 20 characters."),
        ({"greeting": 5}, "greeting", "This is not of the kind that the app expects."),
        ({"limits.answers": 9}, "limits.answers", "At most 5."),
        ({"share": 1}, "share", "Less than 1"),
        ({"tone": "hot"}, "tone", "This is none of the choices."),
        ({"topics": ["a", "b", "c"]}, "topics", "At most 2 entries."),
        ({"rules": {"a": "secret text"}}, "rules", "This is not of the kind that the app expects."),
        ({"unheard": 1}, "unheard", "The app has no such setting."),
        ({"key": "in the clear"}, "key", "The app has no such setting."),
        ({"share": float("nan")}, "", "These values cannot be stored."),
        ({"greeting": "a\x00b"}, "", "A text holds a character that cannot be stored."),
        ({"rules": dict.fromkeys(map(str, range(4000)), 1)}, "", "The settings take at most 32 KB together."),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_beside_its_field(acme, operator, values, path, fault):
    with pytest.raises(SettingsRefusedError) as refused:
        update_app_settings(acme.pk, values=values, actor=operator)
    assert set(refused.value.faults) == {path}
    assert refused.value.faults[path].startswith(fault)
    assert published(acme) == {}


def test_a_secret_that_does_not_fit_is_refused_without_being_repeated(acme, operator):
    with pytest.raises(SettingsRefusedError) as refused:
        update_app_settings(acme.pk, values={}, secrets={"key": "far too long a secret"}, actor=operator)
    assert refused.value.message == "key: At most 10 characters."


def test_nothing_that_a_schema_refers_to_is_fetched(acme, operator):
    schema = {"properties": {"a": {"type": "array", "items": {"type": "string"}, "default": []}}}
    schema["properties"]["b"] = {"allOf": [{"$ref": "http://127.0.0.1:1/schema.json"}]}
    AppSchema.objects.update(schema=schema)
    with pytest.raises(SchemaUnusableError, match="beyond itself"):
        update_app_settings(acme.pk, values={"b": 1}, actor=operator)


def test_two_people_lose_nothing_of_each_others(acme, operator):
    update_app_settings(acme.pk, values={"greeting": "One"}, made_of={}, actor=operator)
    update_app_settings(acme.pk, values={"tone": "cool"}, made_of={}, actor=operator)
    assert published(acme)["values"] == {"greeting": "One", "tone": "cool"}

    with pytest.raises(EditedMeanwhileError) as refused:
        update_app_settings(
            acme.pk, values={"greeting": "Two", "tone": "cool"}, made_of={"tone": "cool"}, actor=operator
        )
    assert [(one.field, one.theirs, one.who) for one in refused.value.collisions] == [
        ("greeting", "One", operator.label)
    ]


def test_after_a_change_of_the_app_what_no_longer_fits_is_told(acme, operator, declare):
    update_app_settings(
        acme.pk, values={"greeting": "Servus", "loud": True, "limits.answers": 5}, secrets={"key": "sk"}, actor=operator
    )

    class Narrower(BaseModel):
        greeting: str = Field("Hi", max_length=3)
        loud: bool = False
        key: SecretStr = Field(SecretStr(""), min_length=8)

    declare(Narrower)
    found = stored(acme)
    assert found.faults == {"greeting": "At most 3 characters.", "key": "At least 8 characters."}
    assert found.unknown == ["limits.answers"]
    form = AppSettingsForm(stored=found)
    assert {path: form.initial.get(f"setting.{path}") for path in ("greeting", "loud")} == {
        "greeting": None, "loud": "true",
    }  # fmt: skip

    update_app_settings(acme.pk, values={"loud": True}, secrets={"key": None}, actor=operator)
    assert published(acme) == {"values": {"loud": True}}


def test_each_app_has_its_own_values_and_those_of_the_one_before_are_kept(acme, operator, declare, settings, tmp_path):
    update_app_settings(acme.pk, values={"greeting": "Servus"}, actor=operator)
    for app in ("assistant", "other"):
        (tmp_path / app).mkdir()
        (tmp_path / app / "main.py").touch()
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, apps_dir=tmp_path)
    Tenant.objects.filter(pk=acme.pk).update(publish_on_save=False)
    update_tenant(acme.pk, name=acme.name, app="other", plan=acme.plan, actor=operator)
    assert published(acme) == {}
    with pytest.raises(ConflictError, match="has no settings"):
        update_app_settings(acme.pk, values={}, actor=operator)
    update_tenant(acme.pk, name=acme.name, app="assistant", plan=acme.plan, actor=operator)
    assert published(acme)["values"] == {"greeting": "Servus"}


def test_what_is_saved_waits_where_the_tenant_wants_that_and_an_older_revision_comes_back(acme, operator):
    update_app_settings(acme.pk, values={"greeting": "Then"}, secrets={"key": "then"}, actor=operator)
    then = Tenant.objects.get(pk=acme.pk).live_publication
    Tenant.objects.filter(pk=acme.pk).update(publish_on_save=False)
    update_app_settings(acme.pk, values={"greeting": "Now"}, secrets={"key": None}, actor=operator)
    assert published(acme) == then.document["app_settings"]

    publish_draft(acme.pk, note="", actor=operator)
    assert published(acme) == {"values": {"greeting": "Now"}}
    restore_revision(acme.pk, then.revision, actor=operator)
    assert published(acme) == then.document["app_settings"]
