"""An operator sees a tenant's settings as its owners do: for a reason, for a while, at that tenant, and to look at."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from tenants.contract.errors import ConflictError, InvalidValueError
from tenants.contract.roles import Permission as TenantPermission
from tenants.conversations.services.policy import update_policy
from tenants.registry.actor import SYSTEM, Actor, ActorKind, NotPermittedError
from tenants.registry.models import AuditEntry, PlatformVisit
from tenants.registry.services.lifecycle import resume_tenant, suspend_tenant
from tenants.registry.services.platform_visits import begin_visit
from tests.conftest import PASSWORD
from tests.controlplane.operators.pages import address
from tests.tenants.conversations.talking import talk
from tests.tenants.portal.conftest import browser, revisions, sign_in

REASON = "Ticket 4711: the logo is not shown"
SECTIONS = ("", "branding/", "files/", "features/", "flags/", "environment/", "access/", "members/", "conversations/")


@pytest.fixture
def helper(db):
    """An operator who may change tenants and is no superuser."""
    user = User.objects.create_user("helper@example.com", password=PASSWORD, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_tenant", "change_tenant"]))
    return user


@pytest.fixture
def platform(helper):
    """The helper's browser on the platform's host."""
    client = Client(headers={"host": "localhost"}, REMOTE_ADDR="203.0.113.7")
    client.force_login(helper)
    return client


def ask(platform, tenant, **values):
    form = {"command": "view-as", "reason": REASON, "minutes": "15", **values}
    return platform.post(address("registry_tenant_change", tenant.pk), form)


def link(platform, tenant):
    """Begin a visit and return the path of its link on the tenant's host."""
    answer = ask(platform, tenant)
    assert answer.status_code == 302
    host = f"http://{tenant.slug}.localhost:8000"
    assert answer["Location"].startswith(f"{host}/settings/visit/")
    return answer["Location"].removeprefix(host)


def visiting(platform, tenant):
    """Return a browser that is on a visit."""
    client = browser(tenant, REMOTE_ADDR="203.0.113.7")
    assert client.get(link(platform, tenant))["Location"] == "/settings/"
    return client


def sees(client):
    return client.get("/settings/members/").status_code == 200


def test_what_people_said_is_not_seen_whoever_else_may_read_it(acme, platform):
    update_policy(acme.pk, readers="administrators", retention_days=0, actor=SYSTEM)
    thread = talk(acme, "Nobody's business", name="A name nobody sees")
    client = visiting(platform, acme)
    page = client.get("/settings/conversations/").text
    assert "Only owners and admins may find, read and export conversations" in page
    assert "A name nobody sees" not in page
    for path in (f"{thread.pk}/", "export/?format=csv", f"export/?format=jsonl&only={thread.pk}"):
        assert client.get(f"/settings/conversations/{path}").status_code == 403
    assert client.post("/settings/conversations/delete/", {"conversation": str(thread.pk)}).status_code == 403
    assert not AuditEntry.objects.filter(tenant_id=acme.pk, action__startswith="conversation.").exists()


def test_every_page_is_seen_as_an_owner_sees_it_under_a_banner(acme, platform):
    client = visiting(platform, acme)
    for section in SECTIONS:
        page = client.get(f"/settings/{section}").text
        assert "You look as an owner, and can change nothing." in page
        assert "helper@example.com" in page
        assert "Ticket 4711" in page
        assert "End the view" in page
        assert "Sign out</" not in page


def test_the_cookie_is_the_hosts_alone_and_no_scripts(acme, platform):
    client = browser(acme)
    cookie = client.get(link(platform, acme), secure=True).cookies["platform_visit"]
    assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/settings/", "", "Lax")
    assert cookie["httponly"]
    assert cookie["secure"]
    assert 0 < cookie["max-age"] <= 15 * 60


def test_nothing_can_be_sent_during_a_visit(acme, platform):
    client, before = visiting(platform, acme), revisions(acme)
    owner = PlatformVisit.objects.get()
    posts = {
        "branding/": {"display_name": "Taken"}, "features/": {}, "flags/": {"name": "x"}, "environment/": {"name": "X"},
        "access/": {"mode": "members"}, "access/history/": {"enabled": "true"}, "access/sign-out-everyone/": {},
        "members/": {"email": "x@acme.example", "role": "owner"}, "profile/name/": {"name": "x"},
        f"members/{owner.pk}/remove/": {}, "files/logo_light/": {"file_name": "x.png"}, "flags/x/": {"enabled": "true"},
    }  # fmt: skip
    for path, values in posts.items():
        for headers in ({}, {"accept": "application/json"}):
            answer = client.post(f"/settings/{path}", values, headers=headers)
            assert answer.status_code == 403, path
            assert "can change nothing" in answer.text
    assert revisions(acme) == before
    assert client.get("/settings/profile/")["Location"] == "/settings/"


@pytest.mark.parametrize("permission", TenantPermission)
def test_the_services_refuse_a_viewer_all_that_changes_anything(permission):
    viewer = Actor(ActorKind.VIEWER, "helper@example.com")
    if permission.value in {"use_settings", "see_environment"}:
        viewer.expect(permission)
        return
    with pytest.raises(NotPermittedError):
        viewer.expect(permission)


def test_a_visit_of_one_tenant_is_nothing_at_another(acme, globex, platform):
    client = visiting(platform, acme)
    other = browser(globex)
    other.cookies["platform_visit"] = client.cookies["platform_visit"].value
    assert other.get("/settings/").status_code == 410
    path = link(platform, acme)
    assert browser(globex).get(path).status_code == 410
    assert browser(acme).get(path).status_code == 302
    assert not AuditEntry.objects.filter(tenant_id=globex.pk, action__startswith="visit.").exists()


def test_a_link_works_once_and_for_a_minute(acme, platform):
    path = link(platform, acme)
    first = browser(acme)
    assert not sees(first)
    first.get(path)
    thief = browser(acme)
    assert thief.get(path).status_code == 410
    assert not sees(thief)
    assert sees(first)
    late = link(platform, acme)
    PlatformVisit.objects.update(begun_at=timezone.now() - timedelta(seconds=61))
    assert browser(acme).get(late).status_code == 410
    assert browser(acme).get(late[:-5] + "xxxx/").status_code == 410


@pytest.mark.parametrize("how", ["time", "end", "inactive", "no staff", "no permission", "removed", "suspended"])
def test_a_visit_ends(acme, platform, helper, operator, how):
    client = visiting(platform, acme)
    assert sees(client)
    match how:
        case "time":
            PlatformVisit.objects.update(ends_at=timezone.now())
        case "end":
            assert "The view has ended" in client.post("/settings/visit/end/").text
            assert not client.cookies["platform_visit"].value
            return
        case "inactive":
            User.objects.filter(pk=helper.pk).update(is_active=False)
        case "no staff":
            User.objects.filter(pk=helper.pk).update(is_staff=False)
        case "no permission":
            helper.user_permissions.clear()
        case "removed":
            helper.delete()
        case "suspended":
            suspend_tenant(acme.pk, actor=operator)
            assert client.get("/settings/").status_code == 503
            resume_tenant(acme.pk, actor=operator)
    answer = client.get("/settings/branding/")
    assert answer.status_code == 410
    assert not client.cookies["platform_visit"].value
    assert client.get("/settings/branding/")["Location"].startswith("/settings/sign-in/")


def test_a_visit_that_was_ended_cannot_go_on_by_a_kept_cookie(acme, platform):
    client = visiting(platform, acme)
    kept = client.cookies["platform_visit"].value
    client.post("/settings/visit/end/")
    other = browser(acme)
    other.cookies["platform_visit"] = kept
    assert other.get("/settings/").status_code == 410


def test_a_visit_stands_before_a_members_sign_in_in_the_same_browser(acme, platform):
    client = browser(acme)
    sign_in(client, "owner@acme.example")
    client.get(link(platform, acme))
    assert client.post("/settings/flags/", {"name": "x"}).status_code == 403
    client.post("/settings/visit/end/")
    assert client.post("/settings/flags/", {"name": "x"}).status_code == 302


def test_networks_of_the_tenant_do_not_keep_the_platform_out(acme, platform, operator):
    from tenants.workspace.services.access import update_access

    update_access(acme.pk, networks=["198.51.100.0/24"], actor=operator)
    assert sees(visiting(platform, acme))


def test_all_of_it_is_in_the_audit_log_and_pages_once_a_minute(acme, platform):
    client = visiting(platform, acme)
    for _ in range(3):
        client.get("/settings/branding/")
        client.get("/settings/members/")
    client.post("/settings/visit/end/")
    entries = AuditEntry.objects.filter(tenant_id=acme.pk, action__startswith="visit.").order_by("id")
    assert [(entry.action, entry.target) for entry in entries] == [
        ("visit.begin", ""), ("visit.open", ""), ("visit.see", "/settings/branding/"),
        ("visit.see", "/settings/members/"), ("visit.end", ""),
    ]  # fmt: skip
    begun = entries[0]
    assert (begun.changes, begun.address) == ({"reason": REASON, "minutes": 15}, "203.0.113.7")
    assert {(entry.actor, entry.address) for entry in entries} == {("helper@example.com", "203.0.113.7")}
    AuditEntry.objects.filter(action="visit.see").update(at=timezone.now() - timedelta(seconds=61))
    again = visiting(platform, acme)
    again.get("/settings/branding/")
    assert entries.filter(action="visit.see", target="/settings/branding/").count() == 2


def test_owners_read_who_looked_and_why_and_only_of_their_own_tenant(acme, globex, platform, owner_of_acme):
    assert "Nobody has." in owner_of_acme.get("/settings/members/").text
    visiting(platform, globex)
    link(platform, acme)
    assert "Nobody has." in owner_of_acme.get("/settings/members/").text
    visiting(platform, acme)
    page = owner_of_acme.get("/settings/members/").text
    assert "Ticket 4711" in page
    assert "helper@example.com" in page
    assert "visit" not in owner_of_acme.get("/settings/").text.lower()


def test_secrets_are_not_shown(acme, platform, operator):
    from tenants.workspace.services.environment import set_variable

    set_variable(acme.pk, "API_KEY", value="sk-very-secret", is_secret=True, actor=operator)
    page = visiting(platform, acme).get("/settings/environment/").text
    assert "API_KEY" in page
    assert "sk-very-secret" not in page


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"reason": ""}, "Say why."),
        ({"reason": " x  y "}, "Say in 5 to 300 characters why."),
        ({"minutes": "90"}, "90 is not one of"),
    ],
)
def test_a_reason_and_a_known_length_are_needed(acme, platform, values, sentence):
    answer = ask(platform, acme, **values)
    assert answer.status_code == 200
    assert sentence in answer.text
    assert not PlatformVisit.objects.exists()


def test_a_member_or_an_operator_who_may_only_look_cannot_begin_one(acme, platform, helper, operator):
    for kind in (ActorKind.MEMBER, ActorKind.VIEWER, ActorKind.VISITOR):
        with pytest.raises(NotPermittedError):
            begin_visit(acme.pk, operator=helper, reason=REASON, minutes=15, actor=Actor(kind, "x", "owner"))
    with pytest.raises(InvalidValueError):
        begin_visit(acme.pk, operator=helper, reason=REASON, minutes=16, actor=operator)
    helper.user_permissions.set(Permission.objects.filter(codename="view_tenant"))
    assert ask(platform, acme).status_code == 403
    suspend_tenant(acme.pk, actor=operator)
    with pytest.raises(ConflictError):
        begin_visit(acme.pk, operator=helper, reason=REASON, minutes=15, actor=operator)
    assert not PlatformVisit.objects.exists()
