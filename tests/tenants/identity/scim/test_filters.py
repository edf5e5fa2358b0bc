"""Filters ask the database what the library's own evaluator says of each user, whatever is asked."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scim2_models import InvalidFilterException, ScimFilter

from tenants.identity.scim.attributes import GROUP_FIELDS, USER_FIELDS
from tenants.identity.scim.filters import condition_of, order_of
from tenants.identity.scim.groups import describe_group, groups
from tenants.identity.scim.people import describe_person, people
from tenants.identity.scim.schemas import Group, User
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tests.tenants.identity.scim.directory import connect

USERS = (
    {"email": "ann@acme.example", "externalId": "A1", "displayName": "Ann", "active": True,
     "name": {"givenName": "Ann", "familyName": "Lee"},
     "emails": [{"value": "ann@work.example", "type": "work", "primary": True}, {"value": "ann@home.example"}]},
    {"email": "bob@acme.example", "externalId": "a1", "active": False, "name": {"formatted": "Bob % _ \\ '\" Ray"},
     "emails": [{"value": "BOB@work.example", "type": "home", "display": "Bob", "primary": False}]},
    {"email": "cy@acme.example"},
)  # fmt: skip
WORDS = ("ann", "Ann", "A1", "a1", "work", "home", "@", "", "%", "_", "\\", "'", '"', "lee", "member", "owner", "User",
         "direct", "staff", "bob % _ \\ '\" ray", "zz", "2024-01-01T00:00:00Z", "é", "'; DROP TABLE x; --")  # fmt: skip
TEXTS = (
    "userName", "externalId", "displayName", "name.formatted", "name.givenName", "name.familyName", "id", "schemas",
    "emails", "emails.value", "emails.type", "emails.display", "groups.display", "groups.value", "groups.type",
    "roles.value", "meta.resourceType",
)  # fmt: skip
OPERATORS = ("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le")
BOOLEANS = ("active", "emails.primary")


def quoted(value: str) -> str:
    return ScimFilter.quote(value)


# What Postgres cannot hold equals nothing and comes in no order; Python would still put it in one. Of other alphabets
# the database folds a few letters otherwise.
storable = st.one_of(
    st.sampled_from(WORDS), st.text(st.characters(codec="ascii", exclude_characters="\x00"), max_size=6)
)
texts = storable.map(quoted)
any_texts = st.one_of(storable, st.text(max_size=6), st.just("a\x00")).map(quoted)
text_comparisons = st.tuples(st.sampled_from(TEXTS), st.sampled_from(OPERATORS), texts).map(" ".join)
boolean_comparisons = st.tuples(
    st.sampled_from(BOOLEANS), st.sampled_from(("eq", "ne")), st.sampled_from(("true", "false"))
).map(" ".join)
null_comparisons = st.tuples(st.sampled_from(("externalId", "displayName", "name.givenName")), st.just("eq null")).map(
    " ".join
)
times = st.sampled_from(("2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z")).map(quoted)
time_comparisons = st.tuples(
    st.sampled_from(("meta.created", "meta.lastModified")), st.sampled_from(("gt", "ge", "lt", "le", "eq", "ne")), times
).map(" ".join)
present = st.sampled_from((*TEXTS, *BOOLEANS, "name", "groups", "meta.created", "roles")).map("{} pr".format)
inner = st.recursive(
    st.one_of(
        st.tuples(st.sampled_from(("value", "type", "display")), st.sampled_from(OPERATORS), texts).map(" ".join),
        st.sampled_from(("primary eq true", "primary eq false", "type pr", "display pr", "value pr")),
    ),
    lambda parts: st.one_of(
        st.tuples(parts, st.sampled_from((" and ", " or ")), parts).map(lambda p: f"({p[0]}{p[1]}{p[2]})"),
        parts.map("not ({})".format),
    ),
    max_leaves=3,
)
leaves = st.one_of(
    text_comparisons, boolean_comparisons, null_comparisons, time_comparisons, present, inner.map("emails[{}]".format)
)
filters = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.tuples(parts, st.sampled_from((" and ", " or ")), parts).map(lambda p: f"({p[0]}{p[1]}{p[2]})"),
        parts.map("not ({})".format),
    ),
    max_leaves=5,
)


@pytest.fixture
def bound(acme):
    """Acme's schema with some users and groups, which are the same for all examples."""
    directory = connect(acme)
    made = [directory.add_user(user["email"], **{k: v for k, v in user.items() if k != "email"}) for user in USERS]
    directory.add_group("Staff", made[0]["id"], made[1]["id"])
    directory.add_group("Empty")
    with tenant_schema(acme):
        yield acme


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(condition=filters)
@example(condition='(externalId eq "ann" or externalId eq null)')
@example(condition='not (name.givenName pr) or not (externalId eq "A1" and name pr)')
def test_the_database_finds_whom_the_librarys_evaluator_matches(bound, condition):
    parsed = ScimFilter[User](condition)
    found = {str(member.pk) for member in people().filter(condition_of(parsed.ast, USER_FIELDS))}
    assert found == {user.id for user in map(describe_person, people()) if parsed.match(user)}, condition


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    condition=st.one_of(
        st.text(max_size=60),
        st.text(alphabet="()[]\"\\ andornotpreq.:;'%-0aA\x00\ud800", max_size=60),
        st.integers(1, 5000).map(lambda depth: "(" * depth + "active eq true" + ")" * depth),
        st.integers(1, 5000).map(lambda depth: "not (" * depth + "active eq true" + ")" * depth),
        st.integers(1, 3000).map(lambda length: " or ".join(["active eq true"] * length)),
        st.tuples(st.text(max_size=12), st.sampled_from(OPERATORS), any_texts).map(" ".join),
        st.tuples(st.sampled_from(TEXTS), st.sampled_from(OPERATORS), any_texts).map(" ".join),
    )
)
def test_whatever_is_asked_is_answered_or_refused_and_never_a_fault(bound, condition):
    with transaction.atomic():
        try:
            list(people().filter(condition_of(ScimFilter[User](condition).ast, USER_FIELDS))[:1])
        except InvalidFilterException:
            return


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ('displayName eq "STAFF"', {"Staff"}),
        ("members pr", {"Staff"}),
        ("not (members pr)", {"Empty"}),
        ('members.type eq "User"', {"Staff"}),
        ('meta.lastModified gt "2020-01-01T00:00:00Z" and displayName sw "e"', {"Empty"}),
        ('externalId ne "x"', {"Staff", "Empty"}),
    ],
)
def test_groups_are_found(bound, condition, names):
    parsed = ScimFilter[Group](condition)
    found = {group.display_name for group in groups().filter(condition_of(parsed.ast, GROUP_FIELDS))}
    assert found == names == {group.display_name for group in map(describe_group, groups()) if parsed.match(group)}


@pytest.mark.parametrize("condition", ['meta.version eq "x"', "meta.location pr", 'groups[$ref eq "x"]', "nope eq 1"])
def test_what_has_no_place_in_the_tables_is_refused(acme, condition):
    refusal = connect(acme).send("GET", f"/Users?filter={condition}")
    assert refusal.status_code == 400
    assert b"invalidFilter" in refusal.content


def test_each_attribute_that_a_schema_has_one_value_of_can_be_sorted_by(bound):
    fields = "id externalId userName displayName name.givenName active meta.created meta.lastModified roles.value"
    for field in (*fields.split(), "urn:ietf:params:scim:schemas:core:2.0:User:userName"):
        ordered = [describe_person(member) for member in people().order_by(order_of(field, USER_FIELDS), "pk")]
        assert len(ordered) == 4
    with pytest.raises(InvalidFilterException):
        order_of("emails", USER_FIELDS)


def test_users_are_sorted_as_asked(bound, acme):
    directory = connect(acme, name="Another")
    for order, first in (("ascending", "ann@acme.example"), ("descending", "owner@acme.example")):
        listed = directory.ask("GET", f"/Users?sortBy=userName&sortOrder={order}")["Resources"]
        assert listed[0]["userName"] == first


def test_pages_meet_each_member_once_while_others_come(acme):
    directory = connect(acme)
    first = [directory.add_user(f"u{number}@acme.example")["id"] for number in range(7)]
    # Made at the same moment, so that only the id tells them apart.
    with tenant_schema(acme):
        Member.objects.exclude(email="owner@acme.example").update(created_at=timezone.now())
        Member.objects.filter(email="owner@acme.example").update(created_at=timezone.now() - timedelta(days=1))
    met: list[str] = []
    for number in range(4):
        page = directory.ask("GET", f"/Users?startIndex={len(met) + 1}&count=2")
        assert page["startIndex"] == len(met) + 1
        met += [user["id"] for user in page["Resources"]]
        directory.add_user(f"late{number}@acme.example")
    assert len(met) == len(set(met)) == 8
    assert set(first) < set(met)


@pytest.mark.parametrize(
    ("query", "total", "shown"),
    [
        ("count=0", 3, 0), ("startIndex=0&count=1", 3, 1), ("startIndex=-5", 3, 3), ("startIndex=4", 3, 0),
        ("startIndex=999999999999999999999", 3, 0), ("count=100000", 3, 3), ("count=-1", 3, 0),
    ],
)  # fmt: skip
def test_pages_beyond_the_ends_are_empty_or_cut(acme, query, total, shown):
    directory = connect(acme)
    directory.add_user("ann@acme.example")
    directory.add_user("bob@acme.example")
    page = directory.ask("GET", f"/Users?{query}")
    assert (page["totalResults"], len(page["Resources"])) == (total, shown)


def test_a_search_by_post_is_a_list(acme):
    directory = connect(acme)
    search = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": 'userName sw "owner"'}
    assert directory.ask("POST", "/Users/.search", search)["totalResults"] == 1
