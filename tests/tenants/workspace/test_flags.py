"""A tenant's flags with values and rules: published, restored, audited, and nobody's edit lost."""

import pytest

from tenants.contract.errors import ConflictError, InvalidValueError
from tenants.contract.flags import Flag as Definition
from tenants.contract.flags import FlagRule
from tenants.contract.roles import Role
from tenants.registry.models import AuditEntry, Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.revisions import restore_revision
from tenants.workspace.flag_rows import fingerprint
from tenants.workspace.flag_wording import describe_document, describe_flag
from tenants.workspace.models import Flag
from tenants.workspace.services.flags import define_flag, delete_flag, set_flag

MODEL = {
    "default": "small",
    "variants": {"small": "gpt-small", "large": "gpt-large"},
    "rules": [{"variant": "large", "percent": 20, "roles": ["admin"]}],
}


def live(tenant):
    publication = Tenant.objects.select_related("live_publication").get(pk=tenant.pk).live_publication
    return publication.revision, publication.document.get("flags", {})


def version_of(tenant, name):
    with tenant_schema(tenant):
        return fingerprint(Flag.objects.get(name=name))


def test_values_and_rules_are_published_for_their_tenant_alone(acme, globex, operator):
    before = live(globex)
    define_flag(acme.pk, "model", definition=MODEL, description="Which model answers", actor=operator)
    assert live(acme)[1] == {"model": {**MODEL, "rules": [{"variant": "large", "percent": 20.0, "roles": ["admin"]}]}}
    assert live(globex) == before
    entry = AuditEntry.objects.get(action="flag.define")
    assert entry.changes["flag"] == [
        None, "large for 20 % of admins; small for everybody else (large = “gpt-large”, small = “gpt-small”)",
    ]  # fmt: skip


def test_a_switch_whose_rules_are_gone_is_a_plain_switch_again(acme, operator):
    define_flag(acme.pk, "beta", definition={"rules": [{"variant": "on", "locales": ["de"]}]}, actor=operator)
    assert live(acme)[1]["beta"] == {"rules": [{"variant": "on", "locales": ["de"]}]}
    define_flag(acme.pk, "beta", definition={"default": "on"}, actor=operator)
    assert live(acme)[1]["beta"] is True
    define_flag(acme.pk, "beta", definition={"default": "off"}, actor=operator)
    assert live(acme)[1]["beta"] is False


def test_turning_a_flag_off_and_on_keeps_its_rules(acme, operator):
    define_flag(acme.pk, "model", definition=MODEL, actor=operator)
    as_defined = live(acme)[1]
    set_flag(acme.pk, "model", enabled=False, actor=operator)
    assert live(acme)[1]["model"]["enabled"] is False
    set_flag(acme.pk, "model", enabled=True, actor=operator)
    assert live(acme)[1] == as_defined


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        ({"default": "large"}, "there is no variant “large”"),
        ({"rules": [{"variant": "on", "percent": 120}]}, "Expected `float` <= 100.0"),
        ({"default": "a", "variants": {"a": "x" * 70_000}}, "at most 64 KB"),
        ({"surprise": True}, "unknown field"),
    ],
)
def test_what_cannot_be_followed_is_refused_and_changes_nothing(acme, operator, definition, sentence):
    before = live(acme)
    with pytest.raises(InvalidValueError) as refused:
        define_flag(acme.pk, "beta", definition=definition, actor=operator)
    assert sentence in refused.value.message
    assert live(acme) == before


def test_who_changed_a_flag_that_somebody_else_changed_meanwhile_is_told_and_nothing_is_lost(acme, operator):
    set_flag(acme.pk, "beta", enabled=True, actor=operator)
    seen = version_of(acme, "beta")
    define_flag(acme.pk, "beta", definition={"rules": [{"variant": "on", "roles": ["owner"]}]}, actor=operator)
    before = live(acme)
    with pytest.raises(ConflictError) as refused:
        define_flag(acme.pk, "beta", definition={"default": "on"}, made_of=seen, actor=operator)
    assert refused.value.code == "flag_changed"
    assert "it is on for owners; off for everybody else" in refused.value.message
    assert live(acme) == before
    define_flag(acme.pk, "beta", definition={"default": "on"}, made_of=version_of(acme, "beta"), actor=operator)
    assert live(acme)[1]["beta"] is True


def test_a_flag_that_was_added_or_removed_meanwhile_is_told(acme, operator):
    set_flag(acme.pk, "beta", enabled=True, actor=operator)
    with pytest.raises(ConflictError, match="changed meanwhile: it is on"):
        define_flag(acme.pk, "beta", definition={}, made_of="", actor=operator)
    seen = version_of(acme, "beta")
    delete_flag(acme.pk, "beta", actor=operator)
    with pytest.raises(ConflictError, match="removed meanwhile"):
        define_flag(acme.pk, "beta", definition={}, made_of=seen, actor=operator)


def test_an_older_revision_brings_values_and_rules_back(acme, operator):
    define_flag(acme.pk, "model", definition=MODEL, actor=operator)
    set_flag(acme.pk, "beta", enabled=False, actor=operator)
    revision, flags = live(acme)
    define_flag(acme.pk, "beta", definition={"rules": [{"variant": "on"}]}, actor=operator)
    delete_flag(acme.pk, "model", actor=operator)
    restore_revision(acme.pk, revision, actor=operator)
    assert live(acme)[1] == flags
    set_flag(acme.pk, "beta", enabled=True, actor=operator)
    assert live(acme)[1] == {**flags, "beta": True}


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        (Definition(default="on"), "on"),
        (Definition(default="on", enabled=False), "off"),
        (Definition(rules=(FlagRule("on", percent=12.5),)), "on for 12.5 % of everybody; off for everybody else"),
        (
            Definition(rules=(FlagRule("on", members=("ann@acme.example", "bob@acme.example"), groups=("beta",)),)),
            "on for ann@acme.example or bob@acme.example in the group beta; off for everybody else",
        ),
        (
            Definition(rules=(FlagRule("on", roles=(Role.OWNER, Role.ADMIN), email_domains=("acme.example",)),)),
            "on for owners or admins at acme.example; off for everybody else",
        ),
        (
            Definition(rules=(FlagRule("on", locales=("de", "fr")),)),
            "on for people reading de or fr; off for everybody else",
        ),
        (
            Definition(rules=(FlagRule("on", members=("a", "b", "c", "d", "e")),), enabled=False),
            "off; when on: on for a, b, c or 2 more; off for everybody else",
        ),
        (Definition(default="a", variants={"a": {"x": [1]}}), 'a for everybody (a = {"x":[1]})'),
    ],
)
def test_a_flag_is_said_in_words(flag, words):
    assert describe_flag(flag) == words


def test_a_flag_of_a_document_is_said_in_words_too():
    assert [describe_document(flag) for flag in (True, False, {"default": "on"})] == ["on", "off", "on"]
