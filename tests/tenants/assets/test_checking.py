"""Checks that operators ask for: done by the worker, kept in the audit log."""

import pytest
from django.conf import settings

from tenants.assets.services.checking import Check, last_reports, request_check, run_check, start_checks
from tenants.assets.storage import delete_public, put_public
from tenants.assets.tasks import process_asset
from tenants.registry.models import AuditEntry, Tenant

pytestmark = pytest.mark.usefixtures("seaweedfs")


def published_key(tenant, upload) -> str:
    """Publish a logo for a tenant and return its key."""
    asset = upload(tenant)
    process_asset(str(tenant.pk), str(asset.pk))
    document = Tenant.objects.select_related("live_publication").get(pk=tenant.pk).live_publication.document
    return document["assets"][0]["url"].partition("/_assets/")[2]


def report(tenant, check: Check):
    return last_reports([tenant.pk], check).get(tenant.pk)


def test_a_check_is_under_way_from_the_asking_to_the_report_of_that_tenant_alone(acme, globex, operator, upload):
    published_key(acme, upload)
    assert report(acme, Check.VERIFY) is None

    request_check(acme.pk, Check.VERIFY, actor=operator)
    assert report(acme, Check.VERIFY).is_under_way
    assert report(acme, Check.VERIFY).asked_by == operator.label

    run_check(acme.pk, Check.VERIFY, actor=operator)
    found = report(acme, Check.VERIFY)
    assert (found.is_under_way, found.is_well, found.sentence) == (False, True, "Every file is as it was published")
    assert report(acme, Check.ORPHANS) is None
    assert report(globex, Check.VERIFY) is None

    request_check(acme.pk, Check.VERIFY, actor=operator)
    assert report(acme, Check.VERIFY).is_under_way


def test_a_file_that_is_gone_is_named_and_brought_back_by_storing_again(acme, operator, upload):
    key = published_key(acme, upload)
    delete_public([key])

    run_check(acme.pk, Check.VERIFY, actor=operator)
    found = report(acme, Check.VERIFY)
    assert (found.is_well, found.sentence) == (False, "1 file not as published")
    assert found.lines == (f"Logo, light theme: missing, {key}",)

    run_check(acme.pk, Check.REPUSH, actor=operator)
    assert report(acme, Check.REPUSH).is_well
    run_check(acme.pk, Check.VERIFY, actor=operator)
    assert report(acme, Check.VERIFY).is_well


def test_an_object_that_nothing_names_is_listed_and_stays(acme, globex, operator, fetch):
    key = f"{acme.pk}/{'0' * 32}.txt"
    put_public(key, b"left", content_type="text/plain", disposition="inline")
    try:
        for tenant in (acme, globex):
            run_check(tenant.pk, Check.ORPHANS, actor=operator)
        # Others stand beside it: what earlier tests stored stays in the bucket when their rows are rolled back.
        assert f"left over: {key}, 4 bytes" in report(acme, Check.ORPHANS).lines
        assert not any(key in line for line in report(globex, Check.ORPHANS).lines)
        assert fetch(settings.ENVIRONMENT.assets_public_bucket, key).text == "left"
    finally:
        delete_public([key])


def test_a_store_that_is_away_is_reported_and_not_taken_for_a_good_end(acme, operator, upload, store_down):
    published_key(acme, upload)
    store_down(True)
    run_check(acme.pk, Check.VERIFY, actor=operator)
    store_down(False)
    found = report(acme, Check.VERIFY)
    assert not found.is_under_way
    assert not found.is_well
    assert "does not answer just now" in found.sentence


def test_all_live_tenants_are_checked(acme, globex, operator, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as enqueued:
        assert start_checks(Check.VERIFY, actor=operator) == 2
    assert len(enqueued) == 2
    assert not AuditEntry.objects.filter(tenant_id=None, action=Check.VERIFY.done).exists()
