"""Pages of other sites."""

import aiohttp
import pytest


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
