"""What a CDN is told after an edit: the paths that changed, once a revision, and never at the edit's cost."""

import dataclasses
import json
from base64 import b64decode
from xml.etree import ElementTree

import boto3
import pytest
import redis
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from django.db import transaction

from tenants.assets.cdn import changed_paths, configured_invalidation
from tenants.assets.cdn.invalidation import CloudFrontInvalidation, NoInvalidation
from tenants.assets.services.invalidating import INVALIDATE_TASK, invalidate_publication
from tenants.assets.tasks import invalidate_cdn
from tenants.contract.errors import InvalidValueError, UnavailableError
from tenants.registry.models import Publication
from tenants.workspace.services.branding import update_branding
from tenants.workspace.services.flags import set_flag
from tests.tenants.outbound.servers import ok, serving

BRANDED = ["/avatars/*", "/favicon*", "/logo*", "/manifest.webmanifest", "/public/theme.json"]
ANSWER = {
    "Location": "https://cloudfront.amazonaws.com/2020-05-31/distribution/E1/invalidation/I1",
    "Invalidation": {
        "Id": "I1",
        "Status": "InProgress",
        "CreateTime": "2026-01-01T00:00:00Z",
        "InvalidationBatch": {"Paths": {"Quantity": 1, "Items": ["/logo*"]}, "CallerReference": "acme-2"},
    },
}


def cloudfront(**values):
    """Return a client as the control plane makes one."""
    return boto3.client(
        "cloudfront", region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret", **values
    )


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        ({}, {}, []),
        ({"flags": {"a": True}}, {"hosts": ["a.example"]}, []),
        ({}, {"assets": [{"role": "logo_dark", "url": "u"}]}, ["/logo*"]),
        ({"assets": [{"role": "logo_light", "url": "u"}]}, {}, ["/logo*"]),
        (
            {"assets": [{"role": "favicon", "url": "u"}]},
            {"assets": [{"role": "favicon", "url": "v"}]},
            ["/avatars/*", "/favicon*", "/manifest.webmanifest"],
        ),
        (
            {"assets": [{"role": "avatar", "name": "a", "url": "u"}]},
            {"assets": [{"role": "avatar", "name": "a", "url": "u"}, {"role": "avatar", "name": "b", "url": "v"}]},
            ["/avatars/*"],
        ),
        ({}, {"assets": [{"role": "public_file", "name": "x.css", "url": "u"}]}, ["/public/*"]),
        ({"theme": {"light": {}}}, {}, ["/public/theme.json"]),
        (
            {},
            {"assets": [{"role": "font", "name": "bold", "url": "u"}, {"role": "login_image", "url": "v"}]},
            ["/_brand/fonts.css", "/_brand/login*", "/copilot/index.js"],
        ),
        ({}, {"assets": [{"role": "script", "url": "u"}, {"role": "stylesheet", "url": "v"}]}, []),
        (
            {"branding": {"display_name": "A"}},
            {"branding": {"display_name": "B"}},
            BRANDED,
        ),
        (
            None,
            {},
            [
                "/_brand/fonts.css",
                "/_brand/login*",
                "/avatars/*",
                "/copilot/index.js",
                "/favicon*",
                "/logo*",
                "/manifest.webmanifest",
                "/public/*",
            ],
        ),
    ],
)
def test_the_paths_are_those_that_look_different(before, after, paths):
    assert changed_paths(before, after) == paths


def test_cloudfront_is_asked_for_all_paths_in_one_request():
    client = cloudfront()
    with Stubber(client) as stubber:
        stubber.add_response(
            "create_invalidation",
            ANSWER,
            {
                "DistributionId": "E1",
                "InvalidationBatch": {
                    "Paths": {"Quantity": 2, "Items": ["/favicon*", "/logo*"]},
                    "CallerReference": "acme-2",
                },
            },
        )
        CloudFrontInvalidation("E1", client).invalidate(["/favicon*", "/logo*"], reference="acme-2")
        stubber.assert_no_pending_responses()


def test_over_http_the_request_is_signed_and_says_the_same():
    body = (
        b'<?xml version="1.0"?><Invalidation xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>I1</Id>'
        b"<Status>InProgress</Status></Invalidation>"
    )
    with serving(ok(body, status="201 Created")) as server:
        client = cloudfront(endpoint_url=f"http://127.0.0.1:{server.port}")
        CloudFrontInvalidation("E1", client).invalidate(["/logo*"], reference="acme-2")
        client.close()
    head, _, sent = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /2020-05-31/distribution/E1/invalidation HTTP/1.1")
    assert b"AWS4-HMAC-SHA256 Credential=key/" in head
    texts = [element.text for element in ElementTree.fromstring(sent).iter() if element.text]  # noqa: S314 - our own
    assert texts == ["1", "/logo*", "acme-2"]


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("TooManyInvalidationsInProgress", 400, UnavailableError), ("Throttling", 400, UnavailableError),
        ("Whatever", 503, UnavailableError), ("AccessDenied", 403, InvalidValueError),
        ("NoSuchDistribution", 404, InvalidValueError),
    ],
)  # fmt: skip
def test_a_refusal_says_whether_asking_again_may_help(code, status, error):
    client = cloudfront()
    with Stubber(client) as stubber:
        stubber.add_client_error("create_invalidation", code, http_status_code=status)
        with pytest.raises(error, match=code):
            CloudFrontInvalidation("E1", client).invalidate(["/logo*"], reference="acme-2")


def test_without_an_answer_it_is_tried_again():
    with serving(ok(b"")) as gone:
        pass
    client = cloudfront(endpoint_url=f"http://127.0.0.1:{gone.port}")
    with pytest.raises(UnavailableError) as refusal:
        CloudFrontInvalidation("E1", client).invalidate(["/logo*"], reference="acme-2")
    assert isinstance(refusal.value.__cause__, EndpointConnectionError)
    assert UnavailableError in invalidate_cdn.autoretry_for


def test_the_settings_choose_the_distribution_or_nobody(settings):
    assert isinstance(configured_invalidation(), NoInvalidation)
    settings.ENVIRONMENT = dataclasses.replace(
        settings.ENVIRONMENT, assets_cdn_distribution="E1", assets_cdn_access_key_id="k"
    )
    assert isinstance(configured_invalidation(), CloudFrontInvalidation)


class Remembering:
    """A CDN that keeps what it was asked."""

    def __init__(self):
        self.asked = []

    def invalidate(self, paths, *, reference):
        self.asked.append((list(paths), reference))


@pytest.fixture
def cdn(monkeypatch):
    """The CDN of the worker in this test."""
    found = Remembering()
    monkeypatch.setattr("tenants.assets.services.invalidating.configured_invalidation", lambda: found)
    return found


@pytest.fixture
def broker(valkey, settings):
    """The broker's store, with an empty queue."""
    with redis.Redis.from_url(settings.ENVIRONMENT.redis_url) as client:
        client.delete("celery")
        yield client
        client.delete("celery")


def messages(broker) -> list[tuple[str, list[str]]]:
    """Return the name and arguments of each waiting message."""
    waiting = [json.loads(message) for message in broker.lrange("celery", 0, -1)]
    return [(message["headers"]["task"], json.loads(b64decode(message["body"]))[0]) for message in waiting]


def test_an_edit_that_shows_is_sent_to_the_worker_and_another_one_is_not(
    acme, operator, broker, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        set_flag(acme.pk, "beta", enabled=True, actor=operator)
    assert messages(broker) == []
    with django_capture_on_commit_callbacks(execute=True):
        update_branding(acme.pk, values={"display_name": "Acme Rockets"}, actor=operator)
    assert messages(broker) == [(INVALIDATE_TASK, [str(acme.pk), "3"])]


def test_the_worker_tells_a_revisions_changes_under_one_reference_however_often_it_is_run(acme, operator, cdn):
    update_branding(acme.pk, values={"display_name": "Acme Rockets"}, actor=operator)
    for _ in range(2):
        invalidate_cdn(str(acme.pk), "2")
    assert cdn.asked == [(BRANDED, f"{acme.pk}-2")] * 2


def test_an_edit_that_is_undone_is_told_to_nobody(acme, operator, broker, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        update_branding(acme.pk, values={"display_name": "Acme Rockets"}, actor=operator)
        transaction.set_rollback(True)
    assert messages(broker) == []


def test_after_a_revision_that_is_no_longer_kept_everything_is_told(acme, globex, operator, cdn):
    update_branding(acme.pk, values={"display_name": "Two"}, actor=operator)
    Publication.objects.filter(tenant=acme, revision=1).delete()
    told = invalidate_publication(acme.pk, 2)
    assert set(BRANDED) < {*told, "/public/theme.json"}
    assert cdn.asked == [(told, f"{acme.pk}-2")]
