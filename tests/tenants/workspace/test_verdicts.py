"""What a policy means for somebody: the same rules before saving and at the sign-in."""

import pytest
from msgspec.structs import replace

from tenants.contract.access import (
    PASSWORD_METHOD,
    AccessMode,
    AccessPolicy,
    Entry,
    SecondFactor,
    SecondFactors,
    SignInKind,
    SignInMethod,
    SignUp,
)
from tenants.workspace.access.verdicts import Person, Refusal, judge, refusal_of
from tenants.workspace.access.wording import describe_changes, in_words

GOOGLE = SignInMethod(SignInKind.OIDC, "google", "Google")
OKTA = SignInMethod(SignInKind.SAML, "okta", "Okta")
MEMBERS = AccessPolicy(AccessMode.MEMBERS)
ANN = Person(email="ann@acme.example", role="member", has_password=True)
STRANGER = Person(email="eve@evil.example")


@pytest.mark.parametrize(
    ("policy", "person", "said"),
    [
        (AccessPolicy(), STRANGER, "would chat without signing in"),
        (AccessPolicy(AccessMode.APP), STRANGER, "would be let in or refused by the app itself"),
        (MEMBERS, ANN, "would be asked for a password"),
        (replace(MEMBERS, methods=(GOOGLE, PASSWORD_METHOD)), ANN, "would sign in by Google or a password"),
        (
            replace(MEMBERS, methods=(GOOGLE, OKTA, PASSWORD_METHOD)),
            Person(email="ann@acme.example", role="member"),
            "would sign in by Google or Okta",
        ),
        (replace(MEMBERS, methods=(GOOGLE,)), STRANGER, "would sign in by Google and become a member"),
    ],
)
def test_who_gets_in_is_told_how(policy, person, said):
    verdict = judge(policy, person)
    assert (verdict.enters, str(verdict)) == (True, said)


@pytest.mark.parametrize(
    ("policy", "person", "address", "refusal", "said"),
    [
        (MEMBERS, STRANGER, "", Refusal.NOT_A_MEMBER, "there is no such member"),
        (MEMBERS, Person(email=ANN.email, role="member", is_active=False), "", Refusal.INACTIVE, "is switched off"),
        (MEMBERS, Person(email=ANN.email, role="member"), "", Refusal.NO_METHOD, "the only way in is a password"),
        (replace(MEMBERS, methods=()), ANN, "", Refusal.NO_METHOD, "there is no way to sign in"),
        (
            replace(MEMBERS, entry=Entry.INVITED, methods=(GOOGLE,)), STRANGER, "",
            Refusal.NOT_A_MEMBER, "there is no such member",
        ),
        (
            replace(MEMBERS, entry=Entry.DOMAINS, email_domains=("globex.example",), methods=(GOOGLE,)), ANN, "",
            Refusal.DOMAIN, "not at globex.example",
        ),
        (
            replace(MEMBERS, networks=("203.0.113.0/24",)), ANN, "198.51.100.7",
            Refusal.NETWORK, "198.51.100.7 is in none of the allowed networks",
        ),
        (
            AccessPolicy(networks=("203.0.113.0/24",)), STRANGER, "::ffff:198.51.100.7",
            Refusal.NETWORK, "in none of the allowed networks",
        ),
    ],
)  # fmt: skip
def test_who_does_not_get_in_is_told_why(policy, person, address, refusal, said):
    verdict = judge(policy, person, address=address)
    assert (verdict.enters, verdict.refusal) == (False, refusal)
    assert str(verdict).startswith("would be refused: ")
    assert said in str(verdict)
    assert refusal_of(policy, person, address=address) is refusal


def test_an_address_within_the_networks_is_as_good_as_one_that_does_not_matter():
    policy = replace(MEMBERS, networks=("203.0.113.0/24",))
    assert judge(policy, ANN, address="203.0.113.7").enters
    assert judge(policy, ANN, address="::ffff:203.0.113.7").enters
    assert judge(policy, ANN).enters


@pytest.mark.parametrize("email", ["ann@acme.example", "ANN@Acme.Example"])
def test_members_of_a_domain_enter_and_whom_a_provider_vouches_for_becomes_one(email):
    policy = replace(MEMBERS, entry=Entry.DOMAINS, email_domains=("acme.example",), methods=(GOOGLE,))
    assert judge(policy, Person(email=email)).enters
    assert str(judge(policy, Person(email=email))) == "would sign in by Google and become a member"
    assert judge(policy, Person(email="eve@sub.acme.example")).refusal is Refusal.DOMAIN


def test_signing_up_is_offered_at_the_domains_alone():
    policy = replace(MEMBERS, sign_up=SignUp.DOMAIN, email_domains=("acme.example",))
    assert str(judge(policy, Person(email="new@acme.example"))).startswith("is no member yet and could sign up")
    assert judge(policy, STRANGER).refusal is Refusal.NOT_A_MEMBER
    assert refusal_of(policy, Person(email="new@acme.example")) is Refusal.NOT_A_MEMBER
    assert str(judge(policy, STRANGER)).endswith("one signs up with an e-mail address at acme.example alone")
    for otherwise in ({"methods": (GOOGLE,), "entry": Entry.INVITED}, {"sign_up": SignUp.INVITATION}):
        assert not judge(replace(policy, **otherwise), Person(email="new@acme.example")).enters


@pytest.mark.parametrize(
    ("sign_up", "said"),
    [(SignUp.CLOSED, "no such member"), (SignUp.INVITATION, "no such member; an administrator can invite them")],
)
def test_who_is_no_member_is_told_what_there_is_to_do(sign_up, said):
    assert str(judge(replace(MEMBERS, sign_up=sign_up), STRANGER)).endswith(said)


@pytest.mark.parametrize(
    ("asked", "has_one", "said"),
    [
        (SecondFactor.OFF, True, ()),
        (SecondFactor.OPTIONAL, False, ()),
        (SecondFactor.OPTIONAL, True, ("then for the second factor",)),
        (SecondFactor.REQUIRED, True, ("then for the second factor",)),
        (
            SecondFactor.REQUIRED,
            False,
            ("then would have to set up a second factor", "where signed in already, only at the next sign-in"),
        ),
    ],
)
def test_a_second_factor_is_told_of_to_the_role_it_is_asked_of(asked, has_one, said):
    policy = replace(MEMBERS, second_factor=SecondFactors(owner=asked, member=SecondFactor.OFF))
    owner = Person(email="o@acme.example", role="owner", has_password=True, has_second_factor=has_one)
    member = Person(email="m@acme.example", role="member", has_password=True, has_second_factor=has_one)
    assert judge(policy, owner).sentences == ("would be asked for a password", *said)
    assert judge(policy, member).sentences == ("would be asked for a password",)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (60, "1 minute"), (90, "90 seconds"), (5400, "90 minutes"), (3600, "1 hour"),
     (86400, "1 day"), (1_296_000, "15 days"), (0, "0 seconds")],
)  # fmt: skip
def test_a_time_is_said_in_the_largest_unit_that_fits(seconds, words):
    assert in_words(seconds) == words


def test_what_differs_is_said_line_by_line_and_nothing_else():
    after = replace(
        MEMBERS, methods=(GOOGLE, PASSWORD_METHOD), session_seconds=8 * 3600, idle_seconds=1800,
        networks=("203.0.113.0/24",), ended={"ann": 7}, sign_out_epoch=3,
    )  # fmt: skip
    assert describe_changes(MEMBERS, after) == [
        "Ways to sign in: Google, then a password (was: a password)",
        "A sign-in lasts: 8 hours (was: 15 days)",
        "Signed out: after 30 minutes without use (was: never)",
        "Networks: 203.0.113.0/24 (was: any)",
    ]
    assert describe_changes(after, after) == []
