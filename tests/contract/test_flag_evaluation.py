"""What a flag is worth to somebody: the first rule that is for them, and always the same share of people."""

import subprocess
import sys
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.contract.flag_evaluation import NOBODY, FlagSet, Person, Reason, rollout_place
from tenants.contract.flags import Flag, FlagRule
from tenants.contract.roles import Role

KEYS = st.text(min_size=1, max_size=40)
PERCENTAGES = st.integers(0, 10_000).map(lambda hundredths: hundredths / 100)
ANN = Person(
    key="ann@acme.example", email="ann@acme.example", role="admin", groups=frozenset({"beta testers"}), locale="de-at"
)


def gets(flag, person=NOBODY):
    return FlagSet({"x": flag}).evaluate("x", person)


def chosen(percent, key):
    return gets(Flag(rules=(FlagRule("on", percent=percent),)), Person(key=key)).value


@given(KEYS, PERCENTAGES, PERCENTAGES)
def test_growing_a_percentage_never_takes_anybody_out(key, one, other):
    smaller, larger = sorted((one, other))
    assert chosen(larger, key) or not chosen(smaller, key)


@given(KEYS)
def test_nobody_is_in_a_share_of_nothing_and_everybody_in_all(key):
    assert (chosen(0, key), chosen(100, key)) == (False, True)


def test_the_place_of_somebody_is_computed_as_documented():
    written = sha256(b"beta\nann@acme.example").hexdigest()[:16]
    assert rollout_place("beta", "ann@acme.example") == int(written, 16) % 10_000


def test_another_process_gives_the_same_answer():
    # Python's own hash() of a text differs from process to process.
    code = "from tenants.contract.flag_evaluation import rollout_place as p; print([p('x', str(n)) for n in range(50)])"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    assert answer.strip() == str([rollout_place("x", str(number)) for number in range(50)])


@pytest.mark.parametrize("percent", [1, 10, 50, 90])
def test_a_share_is_as_large_as_it_says(percent):
    people = 20_000
    count = sum(chosen(percent, f"person-{number}@acme.example") for number in range(people))
    # Five standard deviations: the people are fixed, so this cannot fail by chance.
    assert abs(count - people * percent / 100) < 5 * (people * percent / 100 * (1 - percent / 100)) ** 0.5


def test_each_flag_begins_with_other_people():
    first = {n for n in range(2000) if rollout_place("one", str(n)) < 1000}
    second = {n for n in range(2000) if rollout_place("two", str(n)) < 1000}
    assert len(first & second) < len(first) / 2


def test_a_second_share_of_the_same_people_adds_to_the_first():
    flag = Flag(
        default="c", variants={"a": "A", "b": "B", "c": "C"},
        rules=(FlagRule("a", percent=30), FlagRule("b", percent=60)),
    )  # fmt: skip
    for number in range(500):
        place = rollout_place("x", str(number))
        assert gets(flag, Person(key=str(number))).value == ("A" if place < 3000 else "B" if place < 6000 else "C")


@pytest.mark.parametrize(
    ("lists", "matches"),
    [
        ({"members": ("ann@acme.example",)}, True),
        ({"members": ("bob@acme.example",)}, False),
        ({"roles": (Role.OWNER, Role.ADMIN)}, True),
        ({"roles": (Role.MEMBER,)}, False),
        ({"email_domains": ("acme.example",)}, True),
        ({"email_domains": ("example.com",)}, False),
        ({"groups": ("beta testers",)}, True),
        ({"groups": ("staff",)}, False),
        ({"locales": ("de",)}, True),
        ({"locales": ("de-at",)}, True),
        ({"locales": ("de-ch", "d")[:1]}, False),
        ({"roles": (Role.ADMIN,), "locales": ("de",)}, True),
        ({"roles": (Role.ADMIN,), "locales": ("fr",)}, False),
    ],
)
def test_a_rule_is_for_whom_each_of_its_lists_names(lists, matches):
    evaluation = gets(Flag(rules=(FlagRule("on", **lists),)), ANN)
    assert evaluation.value is matches
    assert (evaluation.reason, evaluation.rule) == ((Reason.TARGETING_MATCH, 1) if matches else (Reason.DEFAULT, 0))


@pytest.mark.parametrize(
    "email",
    ["ann@sub.acme.example", "ann@notacme.example", "acme.example", "@acme.example", "ann@acme.example@x.y", ""],
)
def test_who_is_at_another_domain_is_not_at_this_one(email):
    assert gets(Flag(rules=(FlagRule("on", email_domains=("acme.example",)),)), Person(email=email)).value is False


def test_the_first_rule_that_chooses_counts():
    flag = Flag(rules=(FlagRule("off", members=("ann@acme.example",)), FlagRule("on", roles=(Role.ADMIN,))))
    assert gets(flag, ANN).value is False
    assert gets(flag, Person(email="bob@acme.example", role="admin")).rule == 2


def test_who_is_nobody_is_in_no_share_but_in_rules_for_everybody():
    assert gets(Flag(rules=(FlagRule("on", percent=99.99),))).value is False
    assert gets(Flag(rules=(FlagRule("on"),))).value is True
    for lists in ({"members": ("a",)}, {"roles": (Role.OWNER,)}, {"groups": ("a",)}, {"locales": ("de",)}):
        assert gets(Flag(rules=(FlagRule("on", **lists),))).value is False


def test_a_flag_that_is_off_is_off_whatever_its_rules_say():
    switch = gets(Flag(enabled=False, rules=(FlagRule("on"),)), ANN)
    values = gets(Flag(enabled=False, default="a", variants={"a": "x"}), ANN)
    assert (switch.value, switch.variant, switch.reason) == (False, "off", Reason.DISABLED)
    assert (values.value, values.variant, values.reason) == (None, None, Reason.DISABLED)


def test_a_plain_switch_says_what_it_is():
    assert [(gets(flag).value, gets(flag).reason) for flag in (True, False)] == [
        (True, Reason.STATIC), (False, Reason.DISABLED),
    ]  # fmt: skip


def test_a_flag_that_there_is_not_has_no_answer():
    assert FlagSet({}).evaluate("x", ANN) is None


def test_nobody_can_change_a_value_for_others():
    flags = FlagSet({"x": Flag(default="a", variants={"a": {"list": [1]}})})
    flags.evaluate("x", ANN).value["list"].append(2)
    assert flags.evaluate("x", ANN).value == {"list": [1]}
