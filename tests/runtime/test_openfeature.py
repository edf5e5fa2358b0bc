"""The tenant's flags by OpenFeature's own client."""

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode

from runtime.openfeature import TenantFlags
from runtime.tenancy import bind_tenant
from tenants.contract.flags import Flag, FlagRule
from tenants.contract.roles import Role
from tests.runtime.tenants_in_memory import make_handle

FLAGS = {
    "plain": True,
    "off": False,
    "for_admins": Flag(rules=(FlagRule("on", roles=(Role.ADMIN,)),)),
    "for_ann": Flag(rules=(FlagRule("on", members=("ann@acme.example",)),)),
    "for_testers": Flag(rules=(FlagRule("on", groups=("testers",), locales=("de",)),)),
    "for_some": Flag(rules=(FlagRule("on", percent=99.99),)),
    "model": Flag(default="small", variants={"small": "a"}),
    "limit": Flag(default="low", variants={"low": 3}),
    "ratio": Flag(default="low", variants={"low": 0.5}),
    "prompts": Flag(default="one", variants={"one": {"system": ["be kind"]}}),
    "asleep": Flag(default="small", enabled=False, variants={"small": "a"}),
}


@pytest.fixture(scope="module", autouse=True)
def _provider():
    api.set_provider_and_wait(TenantFlags(), domain="tenant")
    yield
    api.clear_providers()


@pytest.fixture
def client():
    with bind_tenant(make_handle(flags=FLAGS)):
        yield api.get_client("tenant")


def test_each_kind_of_flag_is_answered(client):
    assert client.get_boolean_value("plain", False) is True
    assert client.get_string_value("model", "b") == "a"
    assert client.get_integer_value("limit", 1) == 3
    assert (client.get_float_value("limit", 1.0), client.get_float_value("ratio", 1.0)) == (3.0, 0.5)
    assert client.get_object_value("prompts", {}) == {"system": ["be kind"]}


def test_an_object_is_the_callers_own(client):
    client.get_object_value("prompts", {})["system"].append("or not")
    assert client.get_object_value("prompts", {}) == {"system": ["be kind"]}


@pytest.mark.parametrize(
    ("name", "variant", "reason"),
    [
        ("plain", "on", "STATIC"), ("off", "off", "DISABLED"), ("for_admins", "off", "DEFAULT"),
        ("for_ann", "on", "TARGETING_MATCH"), ("for_some", "on", "SPLIT"),
    ],
)  # fmt: skip
def test_an_answer_says_its_variant_and_why(client, name, variant, reason):
    details = client.get_boolean_details(name, False, EvaluationContext("ann@acme.example"))
    assert (details.variant, details.reason) == (variant, reason)


@pytest.mark.parametrize(
    ("name", "ask", "default", "code"),
    [
        ("absent", "boolean", False, ErrorCode.FLAG_NOT_FOUND),
        ("model", "boolean", False, ErrorCode.TYPE_MISMATCH),
        ("plain", "string", "mine", ErrorCode.TYPE_MISMATCH),
        ("plain", "integer", 7, ErrorCode.TYPE_MISMATCH),
        ("ratio", "integer", 7, ErrorCode.TYPE_MISMATCH),
        ("asleep", "string", "mine", None),
    ],
)
def test_the_default_comes_back_with_the_reason(client, name, ask, default, code):
    details = getattr(client, f"get_{ask}_details")(name, default)
    assert (details.value, details.error_code) == (default, code)


@pytest.mark.parametrize(
    ("name", "context", "value"),
    [
        ("for_admins", EvaluationContext(attributes={"role": "Admin"}), True),
        ("for_admins", EvaluationContext(attributes={"role": 1}), False),
        ("for_ann", EvaluationContext("Ann@acme.example"), True),
        ("for_ann", EvaluationContext("bob@acme.example"), False),
        ("for_ann", EvaluationContext(attributes={"email": "ann@acme.example"}), True),
        ("for_testers", EvaluationContext(attributes={"groups": ["Testers"], "locale": "de-AT"}), True),
        ("for_testers", EvaluationContext(attributes={"groups": ["Testers"]}), False),
    ],
)
def test_a_context_speaks_over_what_is_known(client, name, context, value):
    assert client.get_boolean_value(name, not value, context) is value


def test_each_tenant_is_answered_by_its_own_flags(client):
    with bind_tenant(make_handle("globex", flags={"plain": False})):
        assert client.get_boolean_value("plain", True) is False
    assert client.get_boolean_value("plain", False) is True


def test_without_a_tenant_the_default_comes_back():
    details = api.get_client("tenant").get_boolean_details("plain", True)
    assert (details.value, details.error_code) == (True, ErrorCode.PROVIDER_NOT_READY)
