"""docker/Caddyfile, run as it is, in front of two runtimes, a control plane and a real S3 server."""

import json
import subprocess

import httpx
import pytest
from websockets.sync.client import connect

from tests.docker import upstreams
from tests.docker.conftest import Storage, caddy
from tests.docker.processes import DOCKER, PROGRAMS, Answer, free_port, request

TENANT = "acme.localhost"
LOGO = "/_assets/acme/logo-0a1b2c.png"
SOCKET_IO = "/ws/socket.io/?EIO=4&transport=polling"


@pytest.fixture(scope="module", autouse=True)
def objects(storage: Storage) -> None:
    """A published logo, and a file that waits in the private bucket."""
    storage.put("assets-private", "acme/upload.png", b"private")
    immutable = "public, max-age=31536000, immutable"
    storage.put("assets-public", "acme/logo-0a1b2c.png", b"logo", ContentType="image/png", CacheControl=immutable)


def test_the_file_is_valid_with_its_defaults(tmp_path):
    environment = {"HOME": str(tmp_path), "GATEWAY_COOKIE_SECRET": "tests-cookie-secret"}
    command = [PROGRAMS / "caddy", "validate", "--config", DOCKER / "Caddyfile", "--adapter", "caddyfile"]

    subprocess.run(command, env=environment, capture_output=True, check=True)


def reached(answer: Answer) -> tuple[str, str, str]:
    """Who answered, and the host and path that arrived there."""
    received = json.loads(answer.body)
    return received["name"], received["host"], received["path"]


def test_the_file_is_formatted_as_caddy_formats():
    formatted = subprocess.run([PROGRAMS / "caddy", "fmt", DOCKER / "Caddyfile"], capture_output=True, check=False)

    assert formatted.stdout.decode() == (DOCKER / "Caddyfile").read_text()


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "LOCALHOST", "localhost.", "platform.example"])
@pytest.mark.parametrize("path", ["/", "/admin/", "/healthz", "/settings/static/x.css", "/_assetsx"])
def test_the_platform_host_leads_to_the_control_plane(gateway, host, path):
    assert reached(request(gateway, path, host=host)) == ("controlplane", host, path)


@pytest.mark.parametrize("path", ["/settings", "/settings/", "/settings/brand?tab=colours"])
def test_settings_of_a_tenant_lead_to_the_control_plane(gateway, path):
    assert reached(request(gateway, path, host=f"{TENANT}:8000")) == ("controlplane", f"{TENANT}:8000", path)


@pytest.mark.parametrize(
    "path", ["/", "/settingsx", "/project/settings", "/admin/", "/_assets/acme/logo.png", SOCKET_IO]
)
@pytest.mark.parametrize("host", [TENANT, "chat.customer.example", "notlocalhost", "localhost,platform.example"])
def test_all_else_of_any_other_host_leads_to_the_runtime(gateway, host, path):
    assert reached(request(gateway, path, host=host)) == ("runtime", host, path)


def test_two_hosts_in_one_request_are_refused(gateway):
    assert request(gateway, "/", host="localhost", headers={"host": TENANT}).status == 400


def test_a_browser_stays_with_its_runtime(gateway):
    first = request(gateway, "/", host=TENANT)
    cookie = first.headers["Set-Cookie"].split(";")[0]
    later = [request(gateway, "/", host=TENANT, headers={"Cookie": cookie}) for _ in range(8)]

    assert cookie.startswith("runtime=")
    assert {json.loads(answer.body)["address"] for answer in later} == {json.loads(first.body)["address"]}


def test_browsers_without_a_cookie_are_spread_over_all_runtimes(gateway):
    answers = [request(gateway, "/", host=TENANT) for _ in range(40)]

    assert {json.loads(answer.body)["address"] for answer in answers} == {"127.0.0.1", "127.0.0.2"}


def test_a_websocket_passes_to_the_runtime_of_its_cookie(gateway):
    first = request(gateway, "/", host=TENANT)
    cookie = first.headers["Set-Cookie"].split(";")[0]
    url = f"ws://{TENANT}:{gateway}/ws/socket.io/?EIO=4&transport=websocket"

    for _ in range(4):
        with connect(url, address=("127.0.0.1", gateway), proxy=None, additional_headers={"Cookie": cookie}) as socket:
            socket.send("hello")
            answer = json.loads(socket.recv(timeout=5))

        assert answer == {
            "address": json.loads(first.body)["address"],
            "host": f"{TENANT}:{gateway}",
            "said": "hello",
        }


def test_pages_are_compressed_and_socket_io_is_not(gateway):
    accept = {"Accept-Encoding": "gzip"}

    assert request(gateway, "/", host=TENANT, headers=accept).headers["Content-Encoding"] == "gzip"
    assert request(gateway, SOCKET_IO, host=TENANT, headers=accept).headers["Content-Encoding"] is None


def test_the_forwarded_scheme_of_a_stranger_is_not_believed(gateway):
    answer = request(gateway, "/", headers={"X-Forwarded-Proto": "https"})

    assert json.loads(answer.body)["scheme"] == "http"


@pytest.mark.parametrize(("megabytes", "status"), [(50, 200), (65, 413)])
def test_bodies_reach_the_forms_that_judge_them_up_to_a_ceiling(gateway, megabytes, status):
    body = bytes(megabytes * 1024 * 1024)

    assert request(gateway, "/settings/brand", host=TENANT, method="POST", body=body).status == status


def test_a_public_asset_is_served_as_it_was_stored(gateway):
    answer = request(gateway, LOGO)

    assert (answer.status, answer.body) == (200, b"logo")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert not [name for name in answer.headers if name.lower().startswith("x-amz") or name.lower() == "server"]


@pytest.mark.parametrize("query", ["?acl", "?uploads", "?X-Amz-Signature=0"])
def test_s3_queries_do_not_reach_the_storage(gateway, query):
    assert request(gateway, LOGO + query).body == b"logo"


@pytest.mark.parametrize(
    "path",
    [
        "/_assets/",
        "/_assets/acme/",
        "/_assets/acme/none.png",
        "/_assets/../assets-private/acme/upload.png",
        "/_assets/%2e%2e/assets-private/acme/upload.png",
        "/_assets/..%2fassets-private/acme/upload.png",
        "/_assets/acme/..%2f..%2f..%2fassets-private/acme/upload.png",
        "/_assets/x/../../assets-private/acme/../../_assets/acme/upload.png",
        "/_assets//assets-private/acme/upload.png",
    ],
)
def test_nothing_but_objects_of_the_public_bucket_is_served(gateway, path):
    answer = request(gateway, path)

    # Neither a listing nor an error document of S3: either our own words, or a path that was none of the assets'.
    assert answer.body == b"Not found" or reached(answer)[0] == "controlplane"


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "OPTIONS"])
def test_assets_are_read_only(gateway, method):
    answer = request(gateway, LOGO, method=method, body=b"")

    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert request(gateway, LOGO).body == b"logo"


@pytest.mark.parametrize("host", ["localhost", TENANT])
def test_a_signed_form_reaches_the_private_bucket_and_nothing_else_of_the_storage_does(gateway, storage, host):
    address = f"http://127.0.0.1:{gateway}/_uploads"
    here = {"Host": host, "Cookie": "sessionid=1", "Authorization": "AWS4-HMAC-SHA256 x"}
    form = storage.form("assets-private", f"acme/{host}")

    taken = httpx.post(f"{address}?delete", data=form, files={"file": b"logo"}, headers=here)
    refused = [
        httpx.post(address, data=form, files={"file": b"x" * 11}, headers=here),
        httpx.post(address, data={**form, "key": "globex/logo"}, files={"file": b"x"}, headers=here),
        httpx.post(address, data=storage.form("assets-public", "acme/x"), files={"file": b"x"}, headers=here),
        httpx.post(f"{address}?delete", content=b"<Delete/>", headers=here),
    ]

    assert taken.status_code == 204
    assert "sandbox" in taken.headers["Content-Security-Policy"]
    assert storage.get("assets-private", f"acme/{host}") == b"logo"
    assert {answer.status_code for answer in refused} <= {400, 403, 405}
    for method in ("GET", "PUT", "DELETE"):
        assert request(gateway, "/_uploads", host=host, method=method, body=b"").status == 405


@pytest.mark.parametrize("host", ["localhost", TENANT])
def test_a_service_that_is_away_is_named_as_restarting(tmp_path, host):
    with upstreams.name_server("127.0.0.1") as name_server_port:
        away = {
            "CONTROLPLANE_UPSTREAM": f"127.0.0.1:{free_port()}",
            "RUNTIME_PORT": str(free_port()),
            "GATEWAY_RESOLVERS": f"127.0.0.1:{name_server_port}",
        }
        with caddy(tmp_path, away) as port:
            answer = request(port, "/", host=host)

    assert (answer.status, answer.headers["Retry-After"], answer.headers["Server"]) == (503, "2", None)
    assert b"restarting" in answer.body
