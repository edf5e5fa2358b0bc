"""Postgres, Valkey and the control plane go away in the middle of a sign-in by each way there is.

Nobody is signed in who should not be, whoever was on the way is told so on a page of ours, and begins anew (or goes on
where they were) once the part is back, which nobody has to restart.
"""

import secrets
from contextlib import contextmanager
from functools import partial
from signal import SIGINT, SIGKILL
from urllib.parse import urlsplit

import httpx
import pyotp
import pytest
from lxml import html

from tests.clients.identity_provider import identity_provider, sign_in_there
from tests.clients.members import new_member
from tests.clients.providers import remove_provider
from tests.clients.settings_client import SettingsClient
from tests.faults.halting import halted_at, killed, rows, silenced
from tests.faults.visitor import Visitor
from tests.tenants.identity.saml.provider_server import running_provider

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(600)]

PROFILE = "/settings/profile/"
TOLD = {"postgres": "The database does not answer just now", "controlplane": "is restarting"}
PARTS = pytest.mark.parametrize("part", TOLD)


def tells(response, part):
    """Say whether a page tells a person that a part is away, and a browser when to come back."""
    is_page = response.headers["content-type"].startswith("text/html")
    return (
        response.status_code in {502, 503}
        and is_page
        and "retry-after" in response.headers
        and TOLD[part] in response.text
    )


def audited(stack, email):
    """Return what the audit log has of somebody's sign-ins, oldest first."""
    query = (
        "SELECT action FROM registry_auditentry WHERE target = %s AND action ~ '^(sign_in|second_factor)' ORDER BY id"
    )
    return [action for (action,) in rows(stack, query, email)]


def open_sign_ins(stack, email):
    query = "SELECT count(*) FROM identity_signin s JOIN workspace_member m ON m.id = s.member_id WHERE m.email = %s"
    return rows(stack, query, email)[0][0]


@contextmanager
def offered(stack, preset, **values):
    """Have globex' owner offer a provider beside the password; yields its id."""
    provider = f"fault-{secrets.token_hex(3)}"
    with Visitor(stack) as owner:
        email, password = stack.sign_in("globex_owner")
        owner.submit("/settings/sign-in/", email=email, password=password)
        page = f"/settings/access/providers/add/{preset}/"
        added = owner.submit(page, id=provider, label=provider, **values)
        assert added.is_redirect, added.text
        try:
            [(methods,)] = rows(stack, "SELECT methods FROM workspace_accesspolicy")
            access = owner.submit("/settings/access/", methods=[*methods, provider])
            assert access.is_redirect, access.text
            yield provider
        finally:
            remove_provider(stack, "globex", provider)


@pytest.fixture(scope="module")
def openid(stack):
    """The way to a sign-in by an OpenID Connect provider, for a person of one's own."""
    with identity_provider() as url:
        issuer = url.replace("127.0.0.1", "localhost")
        values = {"issuer": issuer, "client_id": "globex", "secret": "kept to ourselves"}
        with offered(stack, "other", **values) as provider:
            yield partial(OpenIdWay, url, provider)


@pytest.fixture(scope="module")
def saml(stack):
    """The way to a sign-in by a SAML provider, for a person of one's own."""
    with (
        running_provider("idp-of-globex.localhost") as company,
        offered(stack, "saml", metadata=company.metadata) as provider,
    ):
        yield partial(SamlWay, company.url, provider)


class OpenIdWay:
    """Goes to an OpenID Connect provider and back, one step at a time."""

    def __init__(self, url, provider, email):
        self._provider = provider
        self._email = email
        person = {"email": email, "email_verified": True, "name": "Ann Lee"}
        httpx.put(f"{url}/users/{email}", json=person).raise_for_status()

    def go(self, visitor):
        """Go to the provider and sign in there; return how to come back, which may be done again."""
        there = visitor.open(f"/settings/sign-in/with/{self._provider}/?next={PROFILE}")
        back = sign_in_there(there.headers["location"], self._email)
        return partial(visitor.open, back)


class SamlWay:
    """Goes to a SAML provider and back, one step at a time."""

    def __init__(self, url, provider, email):
        self._port = urlsplit(url).port
        self._host = urlsplit(url).netloc
        self._provider = provider
        self._email = email

    def go(self, visitor):
        """Go to the provider and sign in there; return how to come back, which may be done again."""
        there = visitor.open(f"/settings/sign-in/with/{self._provider}/?next={PROFILE}").headers["location"]
        values = {"query": urlsplit(there).query, "email": self._email, "name": "Ann Lee", "groups": ""}
        answer = httpx.post(
            f"http://127.0.0.1:{self._port}/answer", data=values, headers={"host": self._host}, timeout=60
        )
        form = html.fromstring(answer.raise_for_status().text).forms[0]
        arrived = {}

        def come_back():
            """Bring the answer once; from then on go where it led."""
            if "at" not in arrived:
                brought = visitor.post(form.action, dict(form.form_values()))
                if not brought.is_redirect:
                    return brought
                arrived["at"] = brought.headers["location"]
            return visitor.open(arrived["at"])

        return come_back


@pytest.fixture(params=["openid", "saml"])
def way(request, stack):
    """A way that leads elsewhere, with somebody who has come by it before."""
    email = f"ann-{secrets.token_hex(4)}@globex.example"
    made = request.getfixturevalue(request.param)(email)
    with Visitor(stack) as visitor:
        visitor.follow(made.go(visitor)())
        assert visitor.is_signed_in
    made.email = email
    return made


@PARTS
def test_who_comes_back_from_a_provider_while_a_part_is_away_is_told_so_and_comes_back_again(stack, way, part):
    with Visitor(stack) as ann:
        come_back = way.go(ann)
        with killed(stack, part):
            assert tells(come_back(), part)
        assert not ann.is_signed_in
        assert audited(stack, way.email) == ["sign_in.begin"]

        assert ann.follow(come_back()).url.path == PROFILE
        assert ann.is_signed_in
        assert audited(stack, way.email) == ["sign_in.begin"] * 2


@pytest.mark.parametrize(
    ("part", "by"), [("postgres", SIGKILL), ("postgres", SIGINT), ("controlplane", SIGKILL)], ids=str
)
def test_a_sign_in_that_is_cut_off_is_none_and_is_begun_anew(stack, way, part, by):
    with Visitor(stack) as ann:
        come_back = way.go(ann)
        with halted_at(stack, way.email, come_back) as under_way, killed(stack, part, by):
            assert tells(under_way.result(), part)
        assert not ann.is_signed_in
        assert (audited(stack, way.email), open_sign_ins(stack, way.email)) == (["sign_in.begin"], 1)

        # What was on the way is used up, which is said in words and not as a fault.
        page = ann.follow(come_back())
        assert page.status_code == 200
        assert not ann.is_signed_in
        assert ann.follow(way.go(ann)()).url.path == PROFILE
        assert open_sign_ins(stack, way.email) == 2


@pytest.mark.parametrize("away", [killed, silenced])
def test_signing_in_needs_no_valkey(stack, way, away):
    with away(stack, "valkey"), Visitor(stack) as ann:
        assert ann.follow(way.go(ann)()).url.path == PROFILE
        assert ann.is_signed_in
    assert audited(stack, way.email) == ["sign_in.begin"] * 2


@pytest.fixture
def guarded(stack):
    """Somebody with an authenticator app: their address, password, and recovery codes."""
    email, password = new_member(stack)
    page = "/settings/profile/second-factor/app/"
    with Visitor(stack) as member:
        member.submit("/settings/sign-in/", email=email, password=password)
        shown = html.fromstring(member.open(page).text)
        key = shown.find_class("setup-key")[0].text_content().replace(" ", "")
        sealed = shown.xpath("string(//input[@name='sealed']/@value)")
        done = member.follow(member.submit(page, sealed=sealed, code=pyotp.TOTP(key).now()))
        codes = [item.text_content() for item in html.fromstring(done.text).find_class("codes")[0]]
    assert len(codes) == 10
    return email, password, codes


def to_the_second_step(visitor, email, password):
    """Send the password, and return the page that asks for more."""
    asked = visitor.follow(visitor.submit("/settings/sign-in/", email=email, password=password, next=PROFILE))
    assert "One more step" in asked.text
    return asked.url.path


@PARTS
def test_between_password_and_code_a_part_may_go_and_the_code_is_taken_when_it_is_back(stack, guarded, part):
    email, password, codes = guarded
    with Visitor(stack) as member:
        page = to_the_second_step(member, email, password)
        token = html.fromstring(member.open(page).text).xpath("string(//input[@name='csrfmiddlewaretoken']/@value)")
        sent = {"recovery": codes[0], "csrfmiddlewaretoken": token}
        before = audited(stack, email)
        with killed(stack, part):
            assert tells(member.post(page, sent), part)
        assert not member.is_signed_in
        assert audited(stack, email) == before

        assert member.follow(member.post(page, sent)).url.path == PROFILE
        assert audited(stack, email) == [*before, "second_factor.use", "sign_in.begin"]


@PARTS
def test_a_code_whose_sign_in_is_cut_off_is_not_used_up(stack, guarded, part):
    email, password, codes = guarded
    with Visitor(stack) as member:
        page = to_the_second_step(member, email, password)
        before, open_before = audited(stack, email), open_sign_ins(stack, email)
        send = partial(member.submit, page, recovery=codes[0])
        with halted_at(stack, email, send) as under_way, killed(stack, part):
            assert tells(under_way.result(), part)
        assert not member.is_signed_in
        assert (audited(stack, email), open_sign_ins(stack, email)) == (before, open_before)

        assert member.follow(send()).url.path == PROFILE
        assert audited(stack, email) == [*before, "second_factor.use", "sign_in.begin"]
        assert open_sign_ins(stack, email) == open_before + 1


def test_codes_are_counted_while_valkey_is_away_and_right_ones_are_taken(stack, guarded):
    email, password, codes = guarded
    with killed(stack, "valkey"), Visitor(stack) as member:
        page = to_the_second_step(member, email, password)
        for _ in range(5):
            assert "That code does not work" in member.submit(page, recovery="abcd-efgh-jkmn-pqrs").text
        # The next one rests, right or not: nobody guesses on because the counter is away.
        assert "That code does not work" in member.submit(page, recovery=codes[0]).text
        assert not member.is_signed_in
    with SettingsClient(stack.port, "globex") as client:
        assert client.sign_in(*stack.sign_in("globex_owner")).url.path == "/settings/"
