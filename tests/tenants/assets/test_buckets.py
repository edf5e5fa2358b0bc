"""ensure_buckets: both buckets, the public one readable by everybody, safe to repeat."""

import dataclasses
import io
import secrets

import httpx
import pytest
from django.core.management import CommandError, call_command

from tenants.assets.storage import put_private, put_public, storage_client


def run_command(*arguments: str) -> list[str]:
    """Return the lines that the command writes."""
    output = io.StringIO()
    call_command("ensure_buckets", *arguments, stdout=output)
    return output.getvalue().splitlines()


@pytest.fixture
def new_buckets(seaweedfs, settings):
    """Names of buckets that do not exist yet; they are removed afterwards."""
    names = [f"{kind}-{secrets.token_hex(4)}" for kind in ("private", "public")]
    settings.ENVIRONMENT = dataclasses.replace(
        settings.ENVIRONMENT, assets_private_bucket=names[0], assets_public_bucket=names[1]
    )
    yield names
    client = storage_client()
    for name in names:
        for item in client.list_objects_v2(Bucket=name).get("Contents", []):
            client.delete_object(Bucket=name, Key=item["Key"])
        client.delete_bucket(Bucket=name)


def test_missing_buckets_are_created_and_only_the_public_one_is_opened(new_buckets, fetch):
    private, public = new_buckets
    lines = run_command()
    assert lines == [
        f"{private} created",
        f"{public} created",
        f"{public} may be read by everybody",
        f"{private} answers pages of any origin on POST",
        f"{public} answers pages of any origin on GET and HEAD",
    ]
    put_private("key", b"x")
    put_public("key", b"x", content_type="image/png", disposition="inline")
    assert fetch(public, "key").content == b"x"
    assert fetch(public, "").status_code == 403
    assert fetch(private, "key").status_code == 403


def test_repeating_changes_nothing(new_buckets):
    private, public = new_buckets
    run_command()
    assert run_command() == [
        f"{private} is there",
        f"{public} is there",
        f"{public} has a policy, which stays",
        f"{private} has CORS rules, which stay",
        f"{public} has CORS rules, which stay",
    ]


def test_pages_of_any_origin_may_post_to_the_private_bucket_and_read_the_public_one(new_buckets, seaweedfs):
    private, public = new_buckets
    run_command()
    put_public("key", b"x", content_type="font/woff2", disposition="inline")
    origin = {"Origin": "https://chat.acme.example"}
    asked = httpx.options(
        f"{seaweedfs.endpoint_url}/{private}", headers={**origin, "Access-Control-Request-Method": "POST"}
    )
    assert asked.headers["Access-Control-Allow-Origin"] in {"*", origin["Origin"]}
    read = httpx.get(f"{seaweedfs.endpoint_url}/{public}/key", headers=origin)
    assert read.headers["Access-Control-Allow-Origin"] in {"*", origin["Origin"]}


def test_where_browsers_post_by_the_gateway_the_private_bucket_answers_no_other_origin(new_buckets, settings):
    private, _ = new_buckets
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, uploads_url="/_uploads")
    assert not [line for line in run_command() if line.startswith(f"{private} answers")]


def test_access_can_be_left_to_a_cdn(new_buckets, fetch):
    _, public = new_buckets
    run_command("--no-policy")
    put_public("key", b"x", content_type="image/png", disposition="inline")
    assert fetch(public, "key").status_code == 403


def test_a_store_that_is_away_is_one_sentence(store_down):
    store_down(True)
    with pytest.raises(CommandError, match="could not be made ready"):
        run_command()
