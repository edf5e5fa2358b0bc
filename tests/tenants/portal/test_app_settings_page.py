"""The settings page of an app's own settings: made of its schema, checked by it, and there only where there are any."""

import json
import re
from html import unescape
from typing import Literal

import pytest
from django.utils import timezone
from pydantic import BaseModel, Field, SecretStr

from tenants.registry.models import AppSchema
from tenants.workspace.services.app_settings import update_app_settings
from tests.tenants.portal.conftest import last_audit, live_document, revisions

ADDRESS = "/settings/app-settings/"


class Limits(BaseModel):
    """How much there is of it."""

    answers: int = Field(3, ge=1, le=5, description="For each question.")


class Settings(BaseModel):
    greeting: str = Field("Hello", title="First words", description="Before anything else.")
    tone: Literal["warm", "cool"] = "warm"
    topics: list[str] = []
    rules: dict[str, int] = {}
    loud: bool = False
    key: SecretStr = SecretStr("")
    limits: Limits = Limits()


@pytest.fixture(autouse=True)
def declare(db):
    """Tell the control plane of the model of the tenants' app, as a runtime does."""

    def declare(model):
        defaults = {"schema": model.model_json_schema(), "digest": "", "seen_at": timezone.now()}
        AppSchema.objects.update_or_create(app="assistant", defaults=defaults)

    declare(Settings)
    return declare


def open_page(client):
    response = client.get(ADDRESS)
    assert response.status_code == 200
    return response.content.decode()


def posted(page, **values):
    """Return what a browser sends of the page with these values typed into it; ``limits__answers`` is a path."""
    made_of = unescape(re.search(r'name="made_of" value="([^"]*)"', page)[1])
    return {"made_of": made_of, **{f"setting.{name.replace('__', '.')}": value for name, value in values.items()}}


def test_an_owner_fills_in_what_the_app_asks_for(acme, globex, owner_of_acme):
    page = open_page(owner_of_acme)
    for words in ("First words", "Before anything else.", "App default: Hello", "How much there is of it."):
        assert words in page
    values = {
        "greeting": "Servus", "tone": '"cool"', "topics": "tea\r\n\r\ncake", "rules": '{"a": 1}', "loud": "true",
        "key": "sk-very-secret", "limits__answers": "5",
    }  # fmt: skip
    told = owner_of_acme.post(ADDRESS, posted(page, **values), follow=True).content.decode()

    assert "App settings saved. Live as revision" in told
    assert "sk-very-secret" not in told
    document = live_document(acme)["app_settings"]
    assert document["values"] == {
        "greeting": "Servus", "tone": "cool", "topics": ["tea", "cake"], "rules": {"a": 1}, "loud": True,
        "limits.answers": 5,
    }  # fmt: skip
    assert set(document["secrets"]) == {"key"}
    assert "sk-very-secret" not in str(document)
    assert "app_settings" not in live_document(globex)
    assert (last_audit(acme).action, last_audit(acme).actor) == ("app_settings.update", "owner@acme.example")

    again = open_page(owner_of_acme)
    assert 'value="Servus"' in again
    before = revisions(acme)
    told = owner_of_acme.post(ADDRESS, posted(again, **{**values, "key": ""}), follow=True).content.decode()
    assert "Nothing changed" in told
    assert revisions(acme) == before

    removal = {**posted(again, **{**values, "key": "", "greeting": ""}), "remove.key": "on"}
    owner_of_acme.post(ADDRESS, removal)
    assert "secrets" not in live_document(acme)["app_settings"]
    assert "greeting" not in live_document(acme)["app_settings"]["values"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"limits__answers": "9"}, "At most 5."),
        ({"limits__answers": "many"}, "Write a whole number."),
        ({"rules": "{"}, "This is not valid JSON."),
        ({"rules": '{"a": "b"}'}, "This is not of the kind that the app expects."),
        ({"rules": "[" * 100_000}, "This is nested too deeply."),
        ({"rules": '{"a":' * 40 + "1" + "}" * 40}, "This is nested too deeply."),
        ({"tone": '"hot"'}, "Select a valid choice."),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_beside_the_field_and_nothing_is_saved(acme, owner_of_acme, values, sentence):
    before = revisions(acme)
    response = owner_of_acme.post(ADDRESS, posted(open_page(owner_of_acme), **values))
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert revisions(acme) == before


def test_two_people_see_what_the_other_one_saved(acme, operator, owner_of_acme):
    page = open_page(owner_of_acme)
    update_app_settings(acme.pk, values={"greeting": "Salve"}, actor=operator)
    response = owner_of_acme.post(ADDRESS, posted(page, greeting="Servus"))
    assert response.status_code == 422
    told = response.content.decode()
    assert "Changed by two people" in told
    assert "Salve" in told
    owner_of_acme.post(ADDRESS, posted(told, greeting="Servus"))
    assert live_document(acme)["app_settings"]["values"] == {"greeting": "Servus"}


def test_after_a_change_of_the_app_the_page_says_what_no_longer_counts(acme, operator, owner_of_acme, declare):
    update_app_settings(
        acme.pk, values={"greeting": "Servus", "limits.answers": 5}, secrets={"key": "sk"}, actor=operator
    )

    class Narrower(BaseModel):
        greeting: str = Field("Hi", max_length=3)

    declare(Narrower)
    page = open_page(owner_of_acme)
    assert "“Servus” no longer fits, so the app uses its own. At most 3 characters." in page
    assert "saving removes what was set of them: key, limits.answers." in page
    owner_of_acme.post(ADDRESS, posted(page, greeting=""))
    assert "app_settings" not in live_document(acme)


def test_an_app_without_settings_has_no_page_in_the_rail(owner_of_acme):
    assert ADDRESS in owner_of_acme.get("/settings/").content.decode()
    AppSchema.objects.all().delete()
    assert ADDRESS not in owner_of_acme.get("/settings/").content.decode()
    assert "The app of this chat has no settings of its own." in open_page(owner_of_acme)
    assert owner_of_acme.post(ADDRESS, {"setting.greeting": "x"}).status_code == 200


def test_what_was_set_is_told_in_words_in_the_history(acme, operator, owner_of_acme):
    update_app_settings(
        acme.pk, values={"limits.answers": 5, "loud": True}, secrets={"key": "sk-very-secret"}, actor=operator
    )
    page = owner_of_acme.get("/settings/history/").content.decode()
    for words in ("App settings / limits.answers", "App settings / loud", "App settings / key"):
        assert words in page
    assert "sk-very-secret" not in page
    assert json.dumps(live_document(acme)["app_settings"]["secrets"]["key"]) not in page


def test_operators_see_it_and_no_secret(acme, operator, operator_client):
    update_app_settings(acme.pk, values={"greeting": "Servus"}, secrets={"key": "sk-very-secret"}, actor=operator)
    page = operator_client.get(f"/admin/registry/tenant/{acme.pk}/app_settings/", follow=True).content.decode()
    for words in ("First words", "Servus", "secret, set", "App default: warm"):
        assert words.lower() in page.lower(), words
    assert "sk-very-secret" not in page
