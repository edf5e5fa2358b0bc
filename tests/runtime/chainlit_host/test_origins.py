"""Pages of other sites."""

import aiohttp
import pytest

from tests.runtime.chainlit_host.tenants_under_test import PASSWORD


def _preflight(client, origin):
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-a"}
    return client.options("/project/settings", headers=headers)


def _own(runtime, host="acme.localhost", scheme="http", port=None):
    return f"{scheme}://{host}:{port or runtime.port}"


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://globex.localhost:{port}", "http://acme.localhost", "http://acme.localhost:1",
     "null", "http://acme.localhost:{port}.evil.example", "file://", "*", "http://[::1]"],
)  # fmt: skip
async def test_pages_of_other_origins_read_nothing_and_open_no_socket(runtime, origin):
    origin = origin.format(port=runtime.port)
    with runtime.client("acme") as client:
        read = client.get("/project/settings", headers={"Origin": origin})
        polled = client.get("/ws/socket.io/?EIO=4&transport=polling", headers={"Origin": origin})

        assert "access-control-allow-origin" not in read.headers
        assert _preflight(client, origin).status_code == 403
        assert polled.status_code == 403
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(
                f"{runtime.url}/ws/socket.io/?EIO=4&transport=websocket",
                headers={"Host": runtime.host("acme"), "Origin": origin},
            )


@pytest.mark.parametrize("kind", ["own", "another host of the tenant", "listed by the app"])
def test_the_tenants_own_and_listed_origins_may(runtime, kind):
    origin = {
        "own": _own(runtime),
        "another host of the tenant": _own(runtime, "www.acme.localhost"),
        "listed by the app": "https://widget.example",
    }[kind]
    with runtime.client("acme") as client:
        read = client.get("/project/settings", headers={"Origin": origin})
        preflight = _preflight(client, origin)

        assert read.headers["access-control-allow-origin"] == origin
        assert read.headers["access-control-allow-credentials"] == "true"
        assert "Origin" in read.headers["vary"]
        assert (preflight.status_code, preflight.headers["access-control-allow-headers"]) == (204, "x-a")
        polled = client.get("/ws/socket.io/?EIO=4&transport=polling", headers={"Origin": origin})
        assert polled.status_code == 200


def test_an_http_page_may_not_reach_into_https(runtime):
    with runtime.client("acme", **{"X-Forwarded-Proto": "https"}) as client:
        for scheme, allowed in (("http", False), ("https", True)):
            response = client.get("/project/settings", headers={"Origin": _own(runtime, scheme=scheme)})
            assert ("access-control-allow-origin" in response.headers) is allowed


SHOP = "https://shop.example"


async def test_what_a_tenant_allows_counts_for_it_alone_and_until_it_is_taken_back(runtime):
    headers = {"Origin": SHOP}
    runtime.publish("changing", access={"allowed_origins": [SHOP]})
    with runtime.client("changing") as ours, runtime.client("acme") as theirs:
        read = ours.get("/project/settings", headers=headers)
        polled = ours.get("/ws/socket.io/?EIO=4&transport=polling", headers=headers)
        assert (read.headers["access-control-allow-origin"], polled.status_code) == (SHOP, 200)
        assert _preflight(ours, SHOP).status_code == 204
        assert "access-control-allow-origin" not in theirs.get("/project/settings", headers=headers).headers
        assert _preflight(theirs, SHOP).status_code == 403
        for other in ("https://shop.example:8443", "http://shop.example", "https://shop.example.evil.example"):
            assert _preflight(ours, other).status_code == 403

        runtime.publish("changing", access={})
        assert _preflight(ours, SHOP).status_code == 403


def test_caches_are_told_that_the_origin_counts(runtime):
    with runtime.client("acme") as acme:
        for path in ("/project/settings", "/logo", "/copilot/index.js"):
            assert "Origin" in acme.get(path).headers.get_list("vary", split_commas=True)


def test_another_site_changes_nothing_in_the_name_of_somebody_signed_in(runtime):
    cookies = runtime.sign_in("globex")
    with runtime.client("globex") as client:
        client.cookies.update(cookies)
        for method in ("POST", "PUT", "DELETE"):
            forged = client.request(method, "/logout", headers={"Origin": "https://evil.example"})
            assert (forged.status_code, forged.json()) == (403, "This origin is not allowed.")
        assert client.get("/user").status_code == 200
        assert client.post("/logout", headers={"Origin": _own(runtime, "globex.localhost")}).status_code == 200


def test_the_sign_in_goes_along_to_other_sites_where_there_are_any_in_a_jar_for_each(runtime):
    def cookies(path, slug="switching", **posted):
        with runtime.client(slug, **{"X-Forwarded-Proto": "https"}) as client:
            client.cookies.set("access_token", "left over")
            lines = client.post(path, **posted).headers.get_list("set-cookie")
        assert all(line.lower().count("samesite") == line.lower().count("; secure") == 1 for line in lines)
        assert all("domain" not in line.lower() for line in lines)
        return [(line.partition("=")[0], "Max-Age=0" in line, line.partition("SameSite=")[2]) for line in lines]

    sign_in = {"path": "/login", "data": {"username": "ann@example.com", "password": PASSWORD}}
    session = {"path": "/set-session-cookie", "json": {"session_id": "0b5e4b54-6c5f-4a5f-8b1e-2f2f3f4f5f6f"}}
    here, elsewhere = "Lax", "None; Partitioned"

    runtime.publish("switching", access={"mode": "members", "allowed_origins": [SHOP]})
    # The one that goes comes first: a browser that knows one kind alone must be left with the one that stays.
    assert cookies(**sign_in) == [("access_token", True, here), ("access_token", False, elsewhere)]
    assert cookies("/logout") == [("access_token", True, here), ("access_token", True, elsewhere)]
    assert [kind for _, _, kind in cookies(**session)] == [here, elsewhere]

    runtime.publish("switching", access={"mode": "members"}, app="stored")
    assert cookies(**sign_in) == [("access_token", True, elsewhere), ("access_token", False, here)]
    assert cookies("/logout") == [("access_token", True, elsewhere), ("access_token", True, here)]
    assert [kind for _, _, kind in cookies(**session)] == [elsewhere, here]
    runtime.publish("switching", app="probe")


def test_the_cookie_lasts_as_long_as_the_policy_lets_a_sign_in_last(runtime):
    access = {"mode": "members", "session_seconds": 40 * 24 * 3600}
    runtime.publish("switching", access=access)
    try:
        with runtime.client("switching") as client:
            answer = client.post("/login", data={"username": "ann@example.com", "password": PASSWORD})
            assert f"Max-Age={access['session_seconds']}" in answer.headers["set-cookie"]
    finally:
        runtime.publish("switching", access={"mode": "members"})
