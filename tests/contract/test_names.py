"""Names that tenants choose: environment variables and flags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.contract.environment import (
    MAXIMUM_VALUE_LENGTH,
    PROTECTED_NAMES,
    PROTECTED_PREFIXES,
    validate_environment_name,
    validate_environment_value,
)
from tenants.contract.errors import InvalidValueError
from tenants.contract.flags import validate_flag_name


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "A", "_PRIVATE", "MODEL_2", "X" * 128])
def test_variables_that_a_tenant_may_set(name):
    assert validate_environment_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "lower", "2FAST", "WITH-HYPHEN", "WITH SPACE", "A=B", "A\n", "É", "X" * 129, "A\x00"]
)
def test_what_is_no_variable_name_is_refused(name):
    with pytest.raises(InvalidValueError) as refused:
        validate_environment_name(name)
    assert refused.value.code == "environment_name_invalid"


@pytest.mark.parametrize("name", sorted(PROTECTED_NAMES) + [f"{prefix}ANYTHING" for prefix in PROTECTED_PREFIXES])
def test_variables_of_the_platform_are_protected_by_name(name):
    with pytest.raises(InvalidValueError) as refused:
        validate_environment_name(name)
    assert (refused.value.code, refused.value.details) == ("environment_name_protected", {"name": name})
    assert name in refused.value.message


@pytest.mark.parametrize(
    "name", ["LD_PRELOAD", "PYTHONPATH", "PYTHONSTARTUP", "PGPASSWORD", "CHAINLIT_AUTH_SECRET", "PATH", "DATABASE_URL"]
)
def test_variables_that_would_steer_the_process_are_protected(name):
    with pytest.raises(InvalidValueError):
        validate_environment_name(name)


def test_values_are_limited_in_length_and_hold_no_nul():
    assert validate_environment_value("x" * MAXIMUM_VALUE_LENGTH)
    assert validate_environment_value("") == ""
    for value, code in (
        ("x" * (MAXIMUM_VALUE_LENGTH + 1), "environment_value_too_long"),
        ("hush\x00hush", "environment_value_invalid"),
    ):
        with pytest.raises(InvalidValueError) as refused:
            validate_environment_value(value)
        assert refused.value.code == code
        assert "hush" not in refused.value.message


@given(st.text(max_size=140))
def test_any_accepted_variable_can_be_an_environment_variable(name):
    try:
        validate_environment_name(name)
    except InvalidValueError:
        return
    assert name.isascii()
    assert name.isidentifier()
    assert not name.startswith(PROTECTED_PREFIXES)


@pytest.mark.parametrize("name", ["a", "beta_answers", "v2"])
def test_flags_that_serve(name):
    assert validate_flag_name(name) == name


@pytest.mark.parametrize("name", ["", "Beta", "2nd", "_x", "with-hyphen", "a b", "x" * 64, "a\n", "ä"])
def test_flags_that_do_not_serve(name):
    with pytest.raises(InvalidValueError) as refused:
        validate_flag_name(name)
    assert (refused.value.code, refused.value.field) == ("flag_name_invalid", "name")
