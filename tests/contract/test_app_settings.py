"""An app's JSON Schema, read as the fields of a form."""

import json
from datetime import date
from enum import Enum
from typing import Literal

import pytest
from pydantic import BaseModel, Field, SecretStr

from tenants.contract.app_settings import SchemaUnusableError, assemble, fields_of, keep_order, read_schema
from tenants.contract.state import AppSettings, decode_state, encode_state
from tests.runtime.registry import make_state


class Tone(Enum):
    WARM = "warm"
    COOL = "cool"


class Hours(BaseModel):
    """When people answer."""

    first: int = 9
    last: int = 17
    pin: SecretStr = SecretStr("0000")


class Everything(BaseModel):
    name: str = Field("Ann", title="Who answers", description="Shown below.")
    story: str = Field("", max_length=2000)
    pages: int | None = Field(None, ge=1)
    share: float = 0.5
    loud: bool = False
    tone: Tone = Tone.WARM
    size: Literal["small", "large"] = "small"
    topics: list[str] = []
    hours: Hours = Hours(first=8)
    since: date = date(2026, 1, 1)
    key: SecretStr | None = None
    rows: list[dict[str, int]] = []


def test_each_type_has_its_kind_of_field():
    kinds = {path: field.kind.value for path, field in fields_of(read_schema(Everything.model_json_schema())).items()}
    assert kinds == {
        "name": "text", "story": "long_text", "pages": "integer", "share": "number", "loud": "switch",
        "tone": "choice", "size": "choice", "topics": "lines", "since": "text", "key": "secret", "rows": "json",
        "hours.first": "integer", "hours.last": "integer", "hours.pin": "secret",
    }  # fmt: skip


def test_titles_help_defaults_and_groups_are_the_models():
    groups = read_schema(Everything.model_json_schema())
    fields = fields_of(groups)
    assert (fields["name"].title, fields["name"].description, fields["name"].default) == (
        "Who answers", "Shown below.", "Ann",
    )  # fmt: skip
    assert [(group.name, group.description) for group in groups] == [("", ""), ("hours", "When people answer.")]
    assert (fields["hours.first"].default, fields["hours.last"].default) == (8, 17)
    assert fields["tone"].choices == ["warm", "cool"]


def test_a_part_of_a_model_within_is_laid_over_what_the_app_holds_for_it():
    groups = read_schema(Everything.model_json_schema())
    assembled = assemble(groups, {"name": "Bob", "hours.last": 20, "gone": 1})
    assert assembled == {"name": "Bob", "hours": {"first": 8, "last": 20}}
    made = Everything.model_validate(assembled)
    assert (made.hours.first, made.hours.last, made.hours.pin.get_secret_value()) == (8, 20, "0000")
    assert assemble(groups, {}) == {}


def test_fields_keep_the_order_of_the_model_in_a_column_that_keeps_none():
    schema = keep_order(Everything.model_json_schema())
    stored = json.loads(json.dumps(schema, sort_keys=True))
    assert list(fields_of(read_schema(stored))) == list(fields_of(read_schema(schema)))
    assert list(fields_of(read_schema(stored)))[:3] == ["name", "story", "pages"]


def test_a_secret_that_could_not_be_sealed_is_refused():
    class Account(BaseModel):
        password: SecretStr = SecretStr("")

    class Deep(BaseModel):
        accounts: list[Account] = []

    with pytest.raises(SchemaUnusableError, match="accounts has a secret within it"):
        read_schema(Deep.model_json_schema())


def test_a_model_that_refers_to_itself_is_edited_as_json():
    class Node(BaseModel):
        label: str = ""
        inner: list["Node"] = []

    class Tree(BaseModel):
        nodes: list[Node] = []

    assert fields_of(read_schema(Tree.model_json_schema()))["nodes"].kind.value == "json"


def test_a_document_without_settings_is_as_it_was_and_one_with_them_comes_back():
    bare, full = make_state("acme"), make_state("acme", app_settings=AppSettings({"a": [1, None]}, {"b": "token"}))
    assert b"app_settings" not in encode_state(decode_state(encode_state(bare)))
    assert decode_state(encode_state(full)) == full
