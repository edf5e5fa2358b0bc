"""The database or the control plane goes away in the middle of what a customer's directory writes.

Nothing is half written, the directory is told to come again, and doing so gives what it would have been.
"""

import secrets
from functools import partial

import httpx
import pytest
from lxml import html

from tests.faults.halting import halted_at, killed, rows
from tests.faults.visitor import Visitor
from tests.running_stack import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(600)]

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
TOKENS = "/settings/access/directory/"
AWAY = {502, 503}
PARTS = pytest.mark.parametrize("part", ["postgres", "controlplane"])


class Directory:
    """A directory's client at globex: what it sends, it sends again until it is answered."""

    def __init__(self, stack, token):
        self._address = f"http://127.0.0.1:{stack.port}/settings/scim/v2"
        self._headers = {
            "host": f"globex.localhost:{stack.port}",
            "authorization": f"Bearer {token}",
            "accept": "application/scim+json",
        }

    def ask(self, method, path, body=None):
        """Send a request, once."""
        return httpx.request(method, f"{self._address}{path}", headers=self._headers, json=body, timeout=90)

    def insist(self, method, path, body=None):
        """Send a request until it is taken, as it is told to; return what it came to."""
        answers = []

        def is_taken():
            answers.append(self.ask(method, path, body))
            away = answers[-1].status_code in AWAY
            assert not away or int(answers[-1].headers["retry-after"]) > 0
            return not away

        wait_until(is_taken, seconds=120, what=f"{method} {path}")
        return answers[-1]

    def add_user(self, email):
        """Add a user, or find the one that is there."""
        added = self.insist("POST", "/Users", {"schemas": [USER], "userName": email, "active": True})
        if added.status_code == 409:
            return self.insist("GET", f'/Users?filter=userName eq "{email}"').json()["Resources"][0]["id"]
        assert added.status_code == 201, added.text
        return added.json()["id"]


@pytest.fixture
def directory(stack):
    """A directory with a token of its own."""
    with Visitor(stack) as owner:
        email, password = stack.sign_in("globex_owner")
        owner.submit("/settings/sign-in/", email=email, password=password)
        name = f"Directory {secrets.token_hex(3)}"
        made = html.fromstring(owner.submit(TOKENS, name=name).text)
        yield Directory(stack, made.get_element_by_id("made-token").get("value"))
        [(token_id,)] = rows(stack, "SELECT id FROM identity_scimtoken WHERE name = %s", name)
        owner.submit_to(f"{TOKENS}tokens/{token_id}/revoke/", page=TOKENS)


def emails(number):
    mark = secrets.token_hex(3)
    return [f"d{mark}-{index}@globex.example" for index in range(number)]


def roles(stack, group):
    """Return the roles of the people in a group, as the tenant's tables have them, by address."""
    query = (
        "SELECT m.email, m.role FROM workspace_member m JOIN identity_scimgroup_members g ON g.member_id = m.id"
        " WHERE g.scimgroup_id = %s"
    )
    return dict(rows(stack, query, group))


def make_admins_of(stack, group):
    with Visitor(stack) as owner:
        email, password = stack.sign_in("globex_owner")
        owner.submit("/settings/sign-in/", email=email, password=password)
        assert owner.submit_to(f"{TOKENS}groups/{group}/", page=TOKENS, role="admin").is_redirect


@PARTS
def test_a_group_that_is_cut_off_between_two_of_its_people_is_as_it_was_and_takes_all_the_next_time(
    stack, directory, part
):
    addresses = emails(4)
    people = [directory.add_user(email) for email in addresses]
    name = f"Admins {secrets.token_hex(3)}"
    group = directory.ask("POST", "/Groups", {"schemas": [GROUP], "displayName": name}).json()["id"]
    make_admins_of(stack, group)
    audited = rows(stack, "SELECT count(*) FROM registry_auditentry WHERE target = ANY(%s)", [*addresses, name])
    members = [{"value": person} for person in people]
    change = {"schemas": [PATCH], "Operations": [{"op": "add", "path": "members", "value": members}]}
    patch = partial(directory.ask, "PATCH", f"/Groups/{group}", change)

    with halted_at(stack, addresses[2], patch) as under_way, killed(stack, part):
        answer = under_way.result()
        assert answer.status_code in AWAY, answer.text
        assert int(answer.headers["retry-after"]) > 0

    assert roles(stack, group) == {}
    found = rows(stack, "SELECT DISTINCT role FROM workspace_member WHERE email = ANY(%s)", addresses)
    assert found == [("member",)]
    unchanged = rows(stack, "SELECT count(*) FROM registry_auditentry WHERE target = ANY(%s)", [*addresses, name])
    assert unchanged == audited
    assert patch().is_success
    assert roles(stack, group) == dict.fromkeys(addresses, "admin")


@PARTS
def test_a_directory_that_comes_again_brings_everybody_once(stack, directory, part):
    addresses = emails(6)
    with killed(stack, part):
        for _ in range(2):
            answer = directory.ask("POST", "/Users", {"schemas": [USER], "userName": addresses[0]})
            assert answer.status_code in AWAY
            assert int(answer.headers["retry-after"]) > 0
    people = []
    for index, email in enumerate(addresses):
        if index == 3:
            stack.kill(part)  # comes back by itself while the directory goes on
        people.append(directory.add_user(email))
    stack.wait_healthy()

    name = f"Everybody {secrets.token_hex(3)}"
    group = {"schemas": [GROUP], "displayName": name, "members": [{"value": person} for person in people]}
    made = directory.insist("POST", "/Groups", group)
    assert made.status_code == 201, made.text
    assert len(set(people)) == len(addresses)
    assert set(roles(stack, made.json()["id"])) == set(addresses)
    counted = rows(
        stack, "SELECT email, count(*) FROM workspace_member WHERE email = ANY(%s) GROUP BY email", addresses
    )
    assert sorted(counted) == [(email, 1) for email in sorted(addresses)]
    added = (
        "SELECT target, count(*) FROM registry_auditentry WHERE action = 'member.add' AND target = ANY(%s) GROUP BY 1"
    )
    assert sorted(rows(stack, added, addresses)) == [(email, 1) for email in sorted(addresses)]
