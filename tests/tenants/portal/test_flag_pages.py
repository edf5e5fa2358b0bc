"""A flag's page: its values and rules, and what somebody would see of all flags."""

import re

from tenants.identity.scim.models import ScimGroup
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tenants.workspace.services.flags import define_flag, set_flag
from tests.tenants.portal.conftest import last_audit, live_document, revisions

EMPTY = ("members", "email_domains", "groups", "locales")


def posted(page: str, *, rules=(), values=(), **more):
    """Return what a browser sends of the page with these rules and values in it."""
    data = {"made_of": re.search(r'name="made_of" value="([^"]*)"', page)[1], "description": "", "default": "off"}
    for prefix, rows in (("rules", rules), ("values", values)):
        data |= {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
        for number, row in enumerate(rows):
            blank = {"percent": "100", "ORDER": "", **dict.fromkeys(EMPTY, "")} if prefix == "rules" else {}
            data |= {f"{prefix}-{number}-{name}": value for name, value in {**blank, **row}.items()}
    return data | more


def open_page(client, name="beta"):
    response = client.get(f"/settings/flags/{name}/rules/")
    assert response.status_code == 200
    return response.content.decode()


def test_a_switch_is_given_to_some_people_and_shown_in_words(acme, globex, operator, owner_of_acme):
    set_flag(acme.pk, "beta", enabled=True, actor=operator)
    others = live_document(globex)
    rule = {
        "variant": "on", "percent": "12.5", "roles": ["owner", "admin"], "members": "Ann@Acme.example\r\n\r\nbob",
        "email_domains": "@ACME.example", "groups": "Beta Testers", "locales": "de_AT",
    }  # fmt: skip
    page = open_page(owner_of_acme)
    answer = owner_of_acme.post(
        "/settings/flags/beta/rules/", posted(page, rules=[rule], description="Try it"), follow=True
    )
    assert "Flag beta saved. Live as revision" in answer.content.decode()
    assert live_document(acme)["flags"]["beta"] == {
        "rules": [
            {
                "variant": "on", "percent": 12.5, "roles": ["owner", "admin"],
                "members": ["ann@acme.example", "bob"], "email_domains": ["acme.example"],
                "groups": ["beta testers"], "locales": ["de-at"],
            }
        ]
    }  # fmt: skip
    assert live_document(globex) == others
    assert (last_audit(acme).action, last_audit(acme).actor) == ("flag.define", "owner@acme.example")
    listed = owner_of_acme.get("/settings/flags/").content.decode()
    assert "on for 12.5 % of ann@acme.example or bob who are owners or admins at acme.example" in listed
    again = open_page(owner_of_acme)
    assert 'value="12.5"' in again
    assert "ann@acme.example" in again


def test_a_flag_with_values_begins_off_and_is_given_them(acme, owner_of_acme):
    added = owner_of_acme.post("/settings/flags/", {"name": "limit", "values": "number", "enabled": "on"})
    assert added["Location"] == "/settings/flags/limit/rules/"
    assert live_document(acme)["flags"]["limit"]["enabled"] is False
    values = [{"name": "low", "value": "3"}, {"name": "high", "value": "4.5"}]
    page = open_page(owner_of_acme, "limit")
    data = posted(page, values=values, rules=[{"variant": "high", "roles": ["owner"]}], default="low")
    assert owner_of_acme.post("/settings/flags/limit/rules/", data).status_code == 302
    owner_of_acme.post("/settings/flags/limit/", {"enabled": "true"})
    assert live_document(acme)["flags"]["limit"] == {
        "default": "low", "variants": {"low": 3, "high": 4.5}, "rules": [{"variant": "high", "roles": ["owner"]}],
    }  # fmt: skip


def test_rules_are_put_in_order_and_removed(acme, operator, owner_of_acme):
    rules = [{"variant": "on", "locales": [locale]} for locale in ("aa", "bb", "cc")]
    define_flag(acme.pk, "beta", definition={"rules": rules}, actor=operator)
    rows = [
        {"variant": "on", "locales": locale, "ORDER": str(order)} for locale, order in (("aa", 3), ("bb", 1), ("cc", 2))
    ]
    rows[2]["DELETE"] = "on"
    owner_of_acme.post("/settings/flags/beta/rules/", posted(open_page(owner_of_acme), rules=rows))
    assert [rule["locales"] for rule in live_document(acme)["flags"]["beta"]["rules"]] == [["bb"], ["aa"]]


def test_every_mistake_is_told_beside_its_field_and_nothing_is_changed(acme, operator, owner_of_acme):
    define_flag(
        acme.pk, "limit", definition={"default": "low", "variants": {"low": 1}, "enabled": False}, actor=operator
    )
    count = revisions(acme)
    page = open_page(owner_of_acme, "limit")
    rule = {"variant": "low", "percent": "101", "email_domains": "acme", "locales": "german!"}
    answer = owner_of_acme.post(
        "/settings/flags/limit/rules/",
        posted(page, default="low", values=[{"name": "Low One", "value": "many"}], rules=[rule]),
    )
    told = answer.content.decode()
    assert answer.status_code == 422
    for sentence in ("Write a number", "Write lower-case letters", "less than or equal to 100", "write all of it",
                     "Write a language code"):  # fmt: skip
        assert sentence in told
    unknown = posted(page, default="gone", values=[{"name": "low", "value": "1"}], rules=[{"variant": "other"}])
    told = owner_of_acme.post("/settings/flags/limit/rules/", unknown).content.decode()
    assert "There is no value “gone”." in told
    assert "There is no value “other”." in told
    assert revisions(acme) == count


def test_the_second_of_two_editors_sees_what_the_first_saved_and_loses_nothing(acme, operator, owner_of_acme):
    set_flag(acme.pk, "beta", enabled=True, actor=operator)
    page = open_page(owner_of_acme)
    define_flag(acme.pk, "beta", definition={"rules": [{"variant": "on", "roles": ["admin"]}]}, actor=operator)
    mine = posted(page, rules=[{"variant": "on", "groups": "testers"}])
    refused = owner_of_acme.post("/settings/flags/beta/rules/", mine)
    told = refused.content.decode()
    assert refused.status_code == 409
    assert "was changed meanwhile: it is on for admins; off for everybody else" in told
    assert "testers" in told
    assert live_document(acme)["flags"]["beta"] == {"rules": [{"variant": "on", "roles": ["admin"]}]}
    owner_of_acme.post("/settings/flags/beta/rules/", {**mine, "made_of": posted(told)["made_of"]})
    assert live_document(acme)["flags"]["beta"] == {"rules": [{"variant": "on", "groups": ["testers"]}]}


def test_a_flag_of_another_tenant_has_no_page_here(acme, globex, operator, owner_of_acme):
    set_flag(globex.pk, "theirs", enabled=True, actor=operator)
    answer = owner_of_acme.get("/settings/flags/theirs/rules/", follow=True)
    assert "There is no flag “theirs” any more." in answer.content.decode()


def rows_of(client, query):
    page = client.get(f"/settings/flags/?{query}").content.decode()
    table = page.split('class="flag-trial"')[1].split("</table>")[0]
    return page, [re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row) for row in table.split("<tr>")[2:]]


def test_what_somebody_would_see_is_told_with_the_reason(acme, operator, owner_of_acme):
    with tenant_schema(acme):
        ScimGroup.objects.create(display_name="Beta Testers").members.add(Member.objects.get(role="owner"))
    define_flag(
        acme.pk, "a_group", definition={"rules": [{"variant": "on", "groups": ["beta testers"]}]}, actor=operator
    )
    define_flag(acme.pk, "b_german", definition={"rules": [{"variant": "on", "locales": ["de"]}]}, actor=operator)
    define_flag(
        acme.pk, "c_model", definition={"default": "x", "enabled": False, "variants": {"x": "y"}}, actor=operator
    )
    set_flag(acme.pk, "d_plain", enabled=True, actor=operator)
    _, owner = rows_of(owner_of_acme, "who=Owner@acme.example&locale=de-AT")
    assert owner == [
        ["a_group", "on", "Rule 1 is for people in the group beta testers."],
        ["b_german", "on", "Rule 1 is for people reading de."],
        ["c_model", "the app&#x27;s own default", "The flag is off."],
        ["d_plain", "on", "Everybody gets this."],
    ]
    page, stranger = rows_of(owner_of_acme, "who=nobody@acme.example")
    assert [row[1] for row in stranger] == ["off", "off", "the app&#x27;s own default", "on"]
    assert "No member has the address nobody@acme.example." in page
