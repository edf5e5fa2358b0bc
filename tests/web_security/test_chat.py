"""The chat: forged requests, signing people in as somebody else, headers, fixation, ways to other sites."""

import json
import subprocess
import sys

import pytest

from tests.runtime.chainlit_host.tenants_under_test import PASSWORD

EVIL = {"Origin": "https://evil.example"}
FOREIGN = [EVIL, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]
KINDS = ["another origin", "an opaque origin", "a site that is not named", "a sibling that is not named"]
REFUSAL = "This origin is not allowed."
POSTED_BACK = "/auth/oauth/azure-ad-hybrid/callback"
SIGNING_IN = ["/login", "/auth/jwt", "/auth/header"]
LIST_ROUTES = """
import json
from chainlit.server import router
print(json.dumps([[m, r.path] for r in router.routes for m in r.methods if m not in ("GET", "HEAD", "OPTIONS")]))
"""


def chainlits_changes(folder):
    """Return every route of Chainlit that changes something, as method and path with words in the places."""
    program = [sys.executable, "-W", "ignore", "-c", LIST_ROUTES]
    listed = subprocess.run(program, capture_output=True, text=True, check=True, timeout=120, cwd=folder)
    routes = json.loads(listed.stdout.splitlines()[-1])
    assert len(routes) > 12
    return [(method, path.replace("{", "").replace("}", "").replace(":path", "")) for method, path in routes]


@pytest.fixture(scope="module")
def changes(tmp_path_factory):
    return chainlits_changes(tmp_path_factory.mktemp("chainlit"))


@pytest.mark.parametrize("headers", FOREIGN, ids=KINDS)
def test_no_other_site_changes_anything_in_the_name_of_somebody_signed_in(runtime, changes, headers):
    token = runtime.sign_in("globex")["access_token"]
    with runtime.client("globex", Cookie=f"access_token={token}") as client:
        for method, path in changes:
            if path != POSTED_BACK:
                answer = client.request(method, path, headers=headers)
                assert (answer.status_code, answer.json()) == (403, REFUSAL), (method, path)
        polled = client.post("/ws/socket.io/?EIO=4&transport=polling", headers=headers)
        assert polled.status_code == 403
        assert client.get("/user").status_code == 200, "nobody was signed out"


def test_the_own_page_and_programs_without_a_browser_change_things(runtime, changes):
    token = runtime.sign_in("globex")["access_token"]
    own = {"Origin": f"http://{runtime.host('globex')}", "Sec-Fetch-Site": "same-origin"}
    with runtime.client("globex", Cookie=f"access_token={token}") as client:
        for headers in (own, {}):
            for method, path in changes:
                answer = client.request(method, path, headers=headers)
                assert REFUSAL not in answer.text, (method, path)


def test_a_listed_site_changes_things_and_counts_for_its_tenant_alone(runtime):
    shop = {"Origin": "https://shop.example"}
    runtime.publish("switching", access={"mode": "members", "allowed_origins": ["https://shop.example"]})
    try:
        for slug, status in (("switching", 200), ("globex", 403)):
            cookie = f"access_token={runtime.sign_in(slug)['access_token']}"
            with runtime.client(slug, Cookie=cookie) as client:
                assert client.post("/logout", headers=shop).status_code == status
    finally:
        runtime.publish("switching", access={"mode": "members"})


@pytest.mark.parametrize("headers", FOREIGN, ids=KINDS)
@pytest.mark.parametrize("path", SIGNING_IN)
def test_no_other_site_signs_a_visitor_in_as_somebody_else(runtime, path, headers):
    token = runtime.sign_in("globex")["access_token"]
    with runtime.client("globex") as client:
        proof = {"data": {"username": "ann@example.com", "password": PASSWORD}} if path == "/login" else {}
        answer = client.post(path, headers={**headers, "Authorization": f"Bearer {token}"}, **proof)
    assert (answer.status_code, answer.json()) == (403, REFUSAL)
    assert "set-cookie" not in answer.headers


def test_the_page_says_what_it_may_do_and_who_may_frame_it(runtime):
    with runtime.client("globex") as client:
        for path in ("/", "/login", "/thread/x"):
            headers = client.get(path, headers={"Accept": "text/html"}).headers
            assert "default-src" in headers["content-security-policy"]
            assert "frame-ancestors 'self'" in headers["content-security-policy"]
            assert "microphone=(self)" in headers["permissions-policy"]
            assert "usb=()" in headers["permissions-policy"]
    # Acme's app lists another site in its configuration, whose pages may hold the chat's window.
    with runtime.client("acme") as client:
        assert "cross-origin-opener-policy" not in client.get("/").headers
        assert "https://widget.example" in client.get("/").headers["content-security-policy"]


def test_a_page_of_a_tenant_without_other_sites_is_in_no_process_with_theirs(runtime):
    with runtime.client("quiet-two") as client:
        assert client.get("/").headers["cross-origin-opener-policy"] == "same-origin-allow-popups"
        assert "frame-ancestors 'self';" in client.get("/").headers["content-security-policy"] + ";"


@pytest.mark.parametrize(
    "path",
    [
        "/", "/login", "/auth/config", "/project/settings", "/project/translations?language=en-US", "/logo", "/favicon",
        "/public/theme.json", "/public/nothing.png", "/copilot/nothing.js", "/user", "/auth/oauth/nobody",
        "/ws/socket.io/?EIO=4&transport=polling", "/_static/0/sign-in.css", "/project/file/x?session_id=y",
    ],
)  # fmt: skip
def test_every_kind_of_answer_is_taken_for_what_it_says_and_tells_other_sites_little(runtime, path):
    with runtime.client("globex") as client:
        headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"


def test_a_token_that_was_put_into_a_browser_beforehand_is_not_the_one_after_signing_in(runtime):
    planted = runtime.sign_in("globex", "bob@example.com")["access_token"]
    with runtime.client("globex") as victim:
        victim.headers["Cookie"] = f"access_token={planted}; access_token_0={planted}"
        answer = victim.post("/login", data={"username": "ann@example.com", "password": PASSWORD})
    lines = answer.headers.get_list("set-cookie")
    given = {line.partition("=")[0]: line.partition("=")[2].partition(";")[0] for line in lines}
    assert given["access_token"] not in {planted, ""}
    assert given["access_token_0"].strip('"') == "", "no part of the planted one is left"
    with runtime.client("globex", Cookie=f"access_token={given['access_token']}") as client:
        assert client.get("/user").json()["identifier"] == "ann@example.com"


def test_each_sign_in_is_one_of_its_own(runtime):
    first, second = runtime.sign_in("globex"), runtime.sign_in("globex")
    assert first["access_token"] != second["access_token"]


def test_no_redirect_leads_where_the_request_says(runtime):
    lying = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "Referer": "https://evil.example/"}
    with runtime.client("offering", **lying) as client:
        for path in (
            "/auth/oauth/google?next=https://evil.example", "/auth/oauth/google?next=//evil.example",
            "/auth/oauth/nobody?next=//evil.example", "/login?next=//evil.example", "//evil.example/", "/logo",
        ):  # fmt: skip
            assert "evil.example" not in client.get(path).headers.get("location", ""), path
