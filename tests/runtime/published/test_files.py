"""Published files out of a real bucket: whole, in parts, known, compressed, and never another tenant's."""

import asyncio
import gzip
import hashlib
import secrets

import httpx
import pytest

from controlplane.supervisor.ports import choose_port
from runtime.object_store import ObjectStore, ObjectStoreConfig
from runtime.published import files
from runtime.published.files import BrokenFileError, PublishedFiles
from tests.runtime.tenants_in_memory import make_handle

IMMUTABLE = "public, max-age=31536000, immutable"


def _config(seaweedfs, **changes):
    values = {
        "endpoint_url": seaweedfs.endpoint_url,
        "access_key_id": seaweedfs.access_key_id,
        "secret_access_key": seaweedfs.secret_access_key,
        "region": "us-east-1",
        "bucket": "assets-public",
    }
    return ObjectStoreConfig(**{**values, **changes})


class Bucket:
    """The public bucket, and a runtime's answers out of it on a tenant's host."""

    def __init__(self, store, published):
        self.store = store
        self.published = published
        self.acme, self.globex = make_handle("acme"), make_handle("globex")
        self.fetched = 0

    async def put(self, content, extension, *, handle=None, digest=""):
        """Store a file as the worker does; the bucket calls it a page, which nobody should believe."""
        digest = digest or hashlib.sha256(content).hexdigest()[:32]
        key = f"{(handle or self.acme).state.id}/{digest}.{extension}"
        await self.store.put(key, content, size=len(content), content_type="text/html")
        return f"/_assets/{key}"

    async def ask(self, path, *, handle=None, method="GET", published=None, **headers):
        async def app(scope, receive, send):
            scope["tenant"] = handle or self.acme
            await (published or self.published)(scope, receive, send)

        named = {"accept-encoding": "identity"} | {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://acme.localhost") as client:
            return await client.request(method, path, headers=named)


@pytest.fixture
async def bucket(seaweedfs):
    store = ObjectStore(_config(seaweedfs))
    bucket = Bucket(store, PublishedFiles(store))
    opened = store.open

    def counted(*args, **named):
        bucket.fetched += 1
        return opened(*args, **named)

    store.open = counted
    yield bucket
    await store.close()


async def test_a_file_is_answered_for_ever_and_as_nothing_but_itself(bucket):
    content = b"body { color: red }" + secrets.token_hex(8).encode()
    answer = await bucket.ask(await bucket.put(content, "css"))

    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == IMMUTABLE
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-security-policy"].endswith("sandbox")


async def test_another_tenants_file_answers_exactly_as_one_that_is_not_there(bucket):
    theirs = await bucket.put(secrets.token_bytes(100), "png", handle=bucket.globex)
    missing = f"/_assets/{bucket.acme.state.id}/{'0' * 32}.png"

    refused, absent = await bucket.ask(theirs), await bucket.ask(missing)

    assert (await bucket.ask(theirs, handle=bucket.globex)).status_code == 200
    assert (refused.status_code, refused.headers, refused.content) == (404, absent.headers, absent.content)
    known = await bucket.ask(theirs, if_none_match=f'"{theirs.rpartition("/")[2].partition(".")[0]}"')
    assert known.status_code == 404


async def test_a_file_is_fetched_once_however_many_ask_at_the_same_time(bucket):
    content = secrets.token_bytes(200_000)
    path = await bucket.put(content, "png")

    answers = await asyncio.gather(*(bucket.ask(path) for _ in range(20)))

    assert {answer.content for answer in answers} == {content}
    assert bucket.fetched == 1


async def test_what_is_known_is_not_sent_again_nor_asked_of_the_bucket(bucket):
    path = await bucket.put(b"x" * 5000, "js")
    first = await bucket.ask(path, accept_encoding="gzip")
    fetched = bucket.fetched

    again = await bucket.ask(path, if_none_match=f'W/"other", {first.headers["etag"]}')
    other = await bucket.ask(path, if_none_match='"other"')

    assert (again.status_code, again.content, again.headers["cache-control"]) == (304, b"", IMMUTABLE)
    assert other.status_code == 200
    assert bucket.fetched == fetched


async def test_text_is_compressed_for_those_who_take_it_and_each_coding_has_its_tag(bucket):
    content = b"const answer = 42;\n" * 200
    path = await bucket.put(content, "js")

    plain, small = await bucket.ask(path), await bucket.ask(path, accept_encoding="br, gzip;q=0.5")

    assert plain.content == small.content == content
    assert small.headers["content-encoding"] == "br"
    assert int(small.headers["content-length"]) < 200
    assert plain.headers["etag"] != small.headers["etag"]
    assert plain.headers["vary"] == small.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("size", [50_000, files.LARGEST_KEPT + 300_000], ids=["small", "large"])
async def test_parts_heads_and_conditions_are_answered_alike_for_small_and_large_files(bucket, size):
    content = secrets.token_bytes(size)
    path = await bucket.put(content, "webm")
    whole = await bucket.ask(path)

    assert (whole.status_code, whole.content) == (200, content)
    assert (whole.headers["accept-ranges"], whole.headers["content-length"]) == ("bytes", str(size))
    head = await bucket.ask(path, method="HEAD")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(size))
    part = await bucket.ask(path, range="bytes=100-199", if_range=whole.headers["etag"])
    assert (part.status_code, part.content) == (206, content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{size}"
    assert (await bucket.ask(path, range="bytes=-7")).content == content[-7:]
    assert (await bucket.ask(path, range="bytes=0-9,20-29")).status_code == 200
    assert (await bucket.ask(path, range="bytes=100-199", if_range='"other"')).status_code == 200
    behind = await bucket.ask(path, range=f"bytes={size}-")
    assert (behind.status_code, behind.headers["content-range"]) == (416, f"bytes */{size}")
    assert "immutable" not in behind.headers["cache-control"]


async def test_memory_holds_no_more_than_it_may(bucket):
    published = PublishedFiles(bucket.store, most_kept=100_000)
    paths = [await bucket.put(secrets.token_bytes(30_000), "png") for _ in range(6)]
    for path in paths:
        assert (await bucket.ask(path, published=published)).status_code == 200

    assert published._memory.weight <= 100_000
    before = bucket.fetched
    await bucket.ask(paths[-1], published=published)
    assert bucket.fetched == before
    await bucket.ask(paths[0], published=published)
    assert bucket.fetched == before + 1


async def test_a_store_that_is_away_is_said_to_come_back_and_is_asked_again(bucket, seaweedfs):
    path = await bucket.put(b"hello", "txt")
    away = ObjectStore(_config(seaweedfs, endpoint_url=f"http://127.0.0.1:{choose_port()}"))
    published = PublishedFiles(away)

    refused = await bucket.ask(path, published=published, accept="application/json")
    published._store = bucket.store

    assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
    assert (refused.headers["retry-after"], refused.headers["cache-control"]) == ("5", "no-store")
    assert (await bucket.ask(path, published=published)).content == b"hello"
    await away.close()


async def test_a_file_that_is_not_what_its_name_says_is_not_sent(bucket):
    small = await bucket.put(b"altered", "css", digest="a" * 32)
    large = await bucket.put(secrets.token_bytes(files.LARGEST_KEPT + 1), "webm", digest="b" * 32)

    assert (await bucket.ask(small)).status_code == 503
    with pytest.raises(BrokenFileError):
        await bucket.ask(large)


async def test_only_reading_is_answered(bucket):
    path = await bucket.put(b"x", "txt")
    answer = await bucket.ask(path, method="DELETE")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert (await bucket.ask(path)).content == b"x"


async def test_without_a_bucket_nothing_is_there(bucket):
    path = await bucket.put(b"x", "txt")

    assert (await bucket.ask(path, published=PublishedFiles(None))).status_code == 404


def test_gzip_is_made_once_for_equal_bytes():
    first, second = (files.KeptFile(b"a" * 1000, "css") for _ in range(2))

    assert first.codings == second.codings
    assert gzip.decompress(first.codings["gzip"]) == b"a" * 1000
