"""The shared forms: generated from the contract, so that no switch can be forgotten."""

from collections.abc import Iterator

import msgspec
import pytest
from django import forms
from django.http import QueryDict

from tenants.contract.errors import InvalidValueError
from tenants.contract.state import Features, FileUpload, HeaderLink, Interface, Mcp, McpUserServers
from tenants.workspace.forms import BrandingForm, FlagForm, SwitchesForm, VariableForm, show_domain_error
from tenants.workspace.models import Branding
from tenants.workspace.switches import GROUPS, OTHER_GROUP

SECTIONS = [Features, Interface]


def leaf_names(section: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    """Every value of a struct, by asking the struct itself and not the code under test."""
    for info in msgspec.structs.fields(section):
        if isinstance(info.type, type) and issubclass(info.type, msgspec.Struct):
            yield from leaf_names(info.type, f"{prefix}{info.name}__")
        else:
            yield f"{prefix}{info.name}"


def as_posted(form: SwitchesForm) -> QueryDict:
    """What a browser sends back when nothing is touched."""
    data = QueryDict(mutable=True)
    for name in form.fields:
        data[form[name].html_name] = form[name].value() if form[name].value() is not None else ""
        if isinstance(data[form[name].html_name], list | tuple):
            data[form[name].html_name] = "\r\n".join(data[form[name].html_name])
    for links in form.link_sets.values():
        for part in [links.management_form, *links.forms]:
            for field in part:
                value = field.value()
                data[field.html_name] = "" if value is None or value is False else str(value)
    return data


def switches_form(section: type[Features] | type[Interface], **typed: str) -> SwitchesForm:
    data = as_posted(SwitchesForm(section, initial=section()))
    for name, value in typed.items():
        data[f"{section.__name__.lower()}-{name.replace('header_links_0_', 'header_links-0-')}"] = value
    return SwitchesForm(section, data, initial=section())


@pytest.mark.parametrize("section", SECTIONS)
def test_every_switch_of_the_contract_has_a_control_with_a_title(section):
    shown = {
        switch.name: switch for group in SwitchesForm(section, initial=section()).groups() for switch in group.switches
    }
    assert sorted(shown) == sorted(leaf_names(section))
    assert all(switch.control.label for switch in shown.values())


@pytest.mark.parametrize("section", SECTIONS)
def test_every_switch_has_a_group_of_its_own(section):
    assert OTHER_GROUP not in [group.title for group in SwitchesForm(section, initial=section()).groups()]


def test_groups_name_only_switches_that_exist():
    known = {info.name for section in SECTIONS for info in msgspec.structs.fields(section)}
    assert {name for names in GROUPS.values() for name in names} == known


FEATURES_SET = Features(
    edit_message=False,
    latex=True,
    spontaneous_file_upload=FileUpload(
        enabled=True, accept=("image/*", "application/pdf"), max_files=3, max_size_mb=20
    ),
    mcp=Mcp(enabled=True, user_servers=McpUserServers(enabled=True, allowed_urls=())),
)
INTERFACE_SET = Interface(
    cot="tool_call",
    language="de-DE",
    avatar_size=24,
    confirm_new_chat=False,
    header_links=(HeaderLink("docs", "/public/docs.svg", "https://docs.example.com", target="_blank"),),
)


@pytest.mark.parametrize("initial", [Features(), Interface(), FEATURES_SET, INTERFACE_SET, Interface(header_links=())])
def test_what_is_posted_back_untouched_is_what_was(initial):
    form = SwitchesForm(type(initial), as_posted(SwitchesForm(type(initial), initial=initial)), initial=initial)
    assert form.is_valid(), form.errors
    assert msgspec.convert(form.values(), type(initial)) == initial


def test_each_tri_state_can_be_on_off_or_the_apps():
    for typed, value in {"": {}, "true": {"latex": True}, "false": {"latex": False}}.items():
        form = switches_form(Features, latex=typed)
        assert form.is_valid()
        assert form.values() == value


def test_an_own_list_that_is_empty_differs_from_the_apps_list():
    form = switches_form(Features, mcp__user_servers__allowed_urls__own="own")
    assert form.is_valid()
    assert form.values() == {"mcp": {"user_servers": {"allowed_urls": []}}}


def test_a_link_ticked_for_removal_is_gone():
    data = as_posted(SwitchesForm(Interface, initial=INTERFACE_SET))
    data["interface-header_links-0-DELETE"] = "on"
    form = SwitchesForm(Interface, data, initial=INTERFACE_SET)
    assert form.is_valid()
    assert form.values()["header_links"] == []


@pytest.mark.parametrize(
    ("section", "name", "typed", "sentence"),
    [
        (Features, "spontaneous_file_upload__max_files", "0", "Write a whole number from 1 to 100."),
        (Features, "spontaneous_file_upload__max_files", "three", "Write a whole number from 1 to 100."),
        (Interface, "avatar_size", "9999999999999", "Write a whole number from 12 to 96."),
        (Interface, "language", "../../etc", "“../../etc” is not a language code, such as en or de-DE."),
        (Interface, "custom_meta_url", "javascript:alert(1)", "Write a full address that begins with https://"),
        (Interface, "cot", "everything", "Select a valid choice."),
        (Features, "latex", "maybe", "Select a valid choice."),
    ],
)
def test_a_value_outside_the_contract_is_refused_beside_its_field(section, name, typed, sentence):
    form = switches_form(section, **{name: typed})
    assert not form.is_valid()
    assert list(form.errors) == [name]
    assert form.errors[name][0].startswith(sentence)
    assert form[name].value() == typed


def test_a_bad_line_of_a_list_is_named():
    form = switches_form(
        Features,
        spontaneous_file_upload__accept__own="own",
        spontaneous_file_upload__accept="image/*\nnot a type\n",
    )
    assert not form.is_valid()
    assert form.errors["spontaneous_file_upload__accept"] == [
        "“not a type” is not a MIME type, such as image/* or application/pdf."
    ]


def test_a_script_is_no_address_of_a_header_link():
    form = switches_form(
        Interface,
        header_links__own="own",
        header_links_0_name="x",
        header_links_0_icon_url="/public/x.svg",
        header_links_0_url="javascript:alert(1)",
    )
    assert not form.is_valid()
    assert "https://" in form.link_sets["header_links"].errors[0]["url"][0]


@pytest.mark.parametrize("colour", ["red", "#12", "#12345g", "#1234567", "rgb(0,0,0)", "#fff;}body{", "\uff03ffffff"])
def test_what_is_no_colour_is_refused_with_an_example(colour):
    form = BrandingForm({"display_name": "Acme", "light_primary": colour}, initial=Branding())
    assert not form.is_valid()
    assert "write it as #rrggbb" in form.errors["light_primary"][0]


def test_branding_values_are_what_the_service_takes():
    typed = {"display_name": " Acme ", "description": "Two\r\n lines", "light_primary": "#ABCDEF"}
    form = BrandingForm(typed, initial=Branding())
    assert form.is_valid()
    assert form.values()["description"] == "Two lines"
    assert form.values()["display_name"] == "Acme"
    assert form.values()["light_primary"] == "#abcdef"
    assert form.values()["dark_accent"] == ""


def test_names_of_flags_and_variables_follow_the_contract():
    assert FlagForm({"name": "beta_search"}).is_valid()
    assert "Beta Search" in FlagForm({"name": "Beta Search"}).errors["name"][0]
    assert VariableForm({"name": "OPENAI_API_KEY", "value": " kept as typed "}).is_valid()
    assert "belongs to the platform" in VariableForm({"name": "DATABASE_URL"}).errors["name"][0]


def test_a_services_refusal_stands_beside_its_field_or_above_the_form():
    form: forms.Form = FlagForm({"name": "beta"})
    show_domain_error(form, InvalidValueError("a", "About the name.", field="name"))
    show_domain_error(form, InvalidValueError("b", "About something else.", field="elsewhere"))
    assert form.errors["name"] == ["About the name."]
    assert form.non_field_errors() == ["About something else."]
