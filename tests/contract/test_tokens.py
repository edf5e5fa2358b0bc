"""What a token is worth, and where."""

import time

import jwt
import msgspec
import pytest

from tenants.contract.access import PASSWORD_METHOD, AccessMode, AccessPolicy, SignInKind, SignInMethod
from tenants.contract.state import Branding, TenantState, TenantStatus
from tenants.contract.tokens import (
    InvalidTokenError,
    SignedIn,
    create_member_token,
    encode_token,
    read_member_token,
    read_token,
    signed_in,
    signing_key,
)

MASTER = "the master secret"


def state_of(slug, **access):
    return TenantState(
        id=f"00000000-0000-4000-8000-00000000000{len(slug)}", slug=slug, name=slug, schema=f"t_{slug}",
        status=TenantStatus.ACTIVE, app="assistant", hosts=(f"{slug}.localhost",),
        branding=Branding(display_name=slug), access=AccessPolicy(mode=AccessMode.MEMBERS, **access),
    )  # fmt: skip


def person(**changes):
    ann = SignedIn(
        sign_in="sign-in", member="member", email="ann@acme.example", name="Ann", role="admin", method="password",
        auth_time=int(time.time()),
    )  # fmt: skip
    return msgspec.structs.replace(ann, **changes)


def token_at(state, who=None, master=MASTER):
    return create_member_token(who or person(), key=signing_key(master, state), state=state)


def test_a_token_says_who_signed_in_how_and_when():
    acme, ann = state_of("acme"), person()
    token = token_at(acme, ann)
    assert read_member_token(token, key=signing_key(MASTER, acme), state=acme) == ann
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] == ann.auth_time + acme.access.session_seconds
    assert (claims["aud"], claims["sid"], claims["member"]) == (acme.id, "sign-in", "member")


@pytest.mark.parametrize(
    "reader",
    [state_of("globex"), state_of("acme", sign_out_epoch=1)],
    ids=["another tenant", "everyone was signed out"],
)
def test_a_token_is_worth_nothing_elsewhere_or_later(reader):
    with pytest.raises(InvalidTokenError):
        read_member_token(token_at(state_of("acme")), key=signing_key(MASTER, reader), state=reader)


def test_a_token_with_the_key_of_one_tenant_that_names_another_is_refused():
    acme, globex = state_of("acme"), state_of("globex")
    forged = create_member_token(person(), key=signing_key(MASTER, acme), state=globex)
    with pytest.raises(InvalidTokenError):
        read_member_token(forged, key=signing_key(MASTER, acme), state=acme)


@pytest.mark.parametrize("subject", ["member", "sign-in"])
def test_what_was_ended_is_refused_and_what_began_then_is_not(subject):
    now = int(time.time())
    acme = state_of("acme", ended={subject: now + 1})
    key = signing_key(MASTER, acme)
    with pytest.raises(InvalidTokenError):
        read_member_token(token_at(acme, person(auth_time=now)), key=key, state=acme)
    assert read_member_token(token_at(acme, person(auth_time=now + 1)), key=key, state=acme)


def test_a_sign_in_ends_with_its_session():
    acme = state_of("acme", session_seconds=300)
    old = token_at(acme, person(auth_time=int(time.time()) - 301))
    with pytest.raises(InvalidTokenError):
        read_member_token(old, key=signing_key(MASTER, acme), state=acme)


GOOGLE = SignInMethod(SignInKind.OIDC, "google", "Google")


@pytest.mark.parametrize(
    ("method", "offered", "counts"),
    [
        ("password", (PASSWORD_METHOD,), True),
        ("password", (PASSWORD_METHOD, GOOGLE), True),
        ("google", (GOOGLE,), True),
        ("password", (GOOGLE,), False),
        ("google", (PASSWORD_METHOD,), False),
        ("google", (SignInMethod(SignInKind.OIDC, "google-2", "Google"),), False),
        ("password", (), False),
    ],
)
def test_a_sign_in_is_worth_as_long_as_its_way_is_offered(method, offered, counts):
    acme, globex = state_of("acme", methods=offered), state_of("globex", methods=(PASSWORD_METHOD, GOOGLE))
    ann = person(method=method)
    assert read_member_token(token_at(globex, ann), key=signing_key(MASTER, globex), state=globex) == ann
    if counts:
        assert read_member_token(token_at(acme, ann), key=signing_key(MASTER, acme), state=acme) == ann
    else:
        with pytest.raises(InvalidTokenError, match="in that way"):
            read_member_token(token_at(acme, ann), key=signing_key(MASTER, acme), state=acme)


def test_a_session_that_was_made_shorter_ends_sign_ins_from_before():
    before, after = state_of("acme", session_seconds=3600), state_of("acme", session_seconds=300)
    earlier = token_at(before, person(auth_time=int(time.time()) - 600))
    assert read_member_token(earlier, key=signing_key(MASTER, before), state=before)
    with pytest.raises(InvalidTokenError, match="as long as it may"):
        read_member_token(earlier, key=signing_key(MASTER, after), state=after)


def test_an_idle_time_that_was_made_shorter_ends_sign_ins_that_nobody_used_for_longer(monkeypatch):
    before, after = state_of("acme", idle_seconds=3600), state_of("acme", idle_seconds=60)
    unused = token_at(before)
    later = time.time() + 600
    monkeypatch.setattr("tenants.contract.tokens.time.time", lambda: later)
    assert read_member_token(unused, key=signing_key(MASTER, before), state=before)
    with pytest.raises(InvalidTokenError, match="not used"):
        read_member_token(unused, key=signing_key(MASTER, after), state=after)


def test_somebody_whom_an_app_let_in_is_no_member():
    acme = state_of("acme")
    key = signing_key(MASTER, acme)
    claims = {"identifier": "ann", "access": "app", "member": "member", "sid": "sign-in"}
    token = encode_token(claims, key=key, tenant_id=acme.id, expires_at=int(time.time()) + 60)
    assert signed_in(read_token(token, key=key, tenant_id=acme.id)) is None
    with pytest.raises(InvalidTokenError):
        read_member_token(token, key=key, state=acme)


def test_a_members_token_that_names_no_sign_in_is_refused():
    acme = state_of("acme")
    key = signing_key(MASTER, acme)
    claims = {"identifier": "ann@acme.example", "access": "members", "display_name": "", "metadata": {"role": "owner"}}
    token = encode_token(claims, key=key, tenant_id=acme.id, expires_at=int(time.time()) + 60)
    with pytest.raises(InvalidTokenError):
        read_member_token(token, key=key, state=acme)
