"""Scripts of members wait for an operator, who lets in exactly what was looked at."""

from hashlib import sha256

import pytest

from tenants.assets.models import AssetState
from tenants.assets.services.approval import approve_asset, read_waiting, refuse_asset
from tenants.assets.services.processing import process_upload
from tenants.assets.services.receiving import begin_upload, finish_upload
from tenants.assets.services.slots import current_assets
from tenants.contract.errors import ConflictError, ForbiddenError, NotFoundError
from tenants.contract.state import AssetRole
from tenants.registry.actor import SYSTEM
from tenants.registry.models import AuditEntry
from tests.tenants.assets.conftest import post
from tests.tenants.assets.rows import change, manifest, objects, stored

pytestmark = pytest.mark.usefixtures("empty_store")

SCRIPT = b"console.log('acme');\n"


@pytest.fixture
def script(upload, member):
    """Return a function that uploads a script for a tenant as one of its members and processes it."""

    def send(tenant, content=SCRIPT, **options):
        asset = upload(tenant, content, role="script", file_name="own.js", **{"actor": member} | options)
        process_upload(tenant.pk, asset.pk)
        return stored(tenant, asset)

    return send


def test_a_members_script_waits_and_is_nowhere_public(acme, script):
    asset = script(acme)
    assert asset.state == AssetState.WAITING
    assert objects(acme) == set()
    assert manifest(acme) == {}
    assert current_assets(acme)[AssetRole.SCRIPT][""].waiting == asset
    assert sha256(read_waiting(acme.pk, asset.pk, actor=SYSTEM)).hexdigest() == asset.sha256


def test_an_operators_script_is_published_at_once(acme, script, operator):
    assert script(acme, actor=operator).state == AssetState.PUBLISHED
    assert "script" in manifest(acme)


def test_what_an_operator_lets_in_is_published_in_the_uploaders_name(acme, script, operator, member):
    asset = script(acme)
    approve_asset(acme.pk, asset.pk, actor=operator)
    assert process_upload(acme.pk, asset.pk) == AssetState.PUBLISHED
    assert manifest(acme)["script"]["sha256"] == asset.sha256
    published = AuditEntry.objects.get(action="asset.publish", tenant_id=acme.pk)
    assert (published.actor, published.changes["approved_by"]) == (member.label, operator.label)
    approved = AuditEntry.objects.get(action="asset.approve", tenant_id=acme.pk)
    assert (approved.actor, approved.changes["sha256"]) == (operator.label, asset.sha256)


def test_a_refused_script_shows_its_uploader_why(acme, script, operator):
    asset = script(acme)
    refuse_asset(acme.pk, asset.pk, reason="It loads\na tracker.", actor=operator)
    assert current_assets(acme)[AssetRole.SCRIPT][""].failed.reason == (
        "An operator did not let it in: It loads a tracker."
    )
    with pytest.raises(ConflictError, match="does not wait"):
        approve_asset(acme.pk, asset.pk, actor=operator)


def test_nobody_but_an_operator_decides_and_only_about_the_tenant_at_hand(acme, globex, script, operator, member):
    asset = script(acme)
    for decide in (approve_asset, refuse_asset):
        with pytest.raises(ForbiddenError):
            decide(acme.pk, asset.pk, actor=member)
        with pytest.raises(NotFoundError):
            decide(globex.pk, asset.pk, actor=operator)
    with pytest.raises(NotFoundError):
        read_waiting(globex.pk, asset.pk, actor=SYSTEM)
    assert stored(acme, asset).state == AssetState.WAITING


def test_a_file_that_was_changed_after_the_approval_is_not_published(acme, operator, member):
    ticket = begin_upload(acme.pk, role="script", file_name="own.js", actor=member)
    post(ticket, SCRIPT)
    finish_upload(acme.pk, ticket.asset_id, actor=SYSTEM)
    process_upload(acme.pk, ticket.asset_id)
    asset = approve_asset(acme.pk, ticket.asset_id, actor=operator)
    # The ticket is good for some minutes more.
    post(ticket, b"steal();\n").raise_for_status()
    assert process_upload(acme.pk, asset.pk) == AssetState.FAILED
    assert "no longer the one that was approved" in stored(acme, asset).reason
    assert objects(acme) == set()


def test_a_later_script_takes_the_place_of_one_that_waits(acme, script, operator):
    first, second = script(acme), script(acme, b"second();\n")
    assert (stored(acme, first).state, second.state) == (AssetState.REPLACED, AssetState.WAITING)
    live = script(acme, b"third();\n", actor=operator)
    assert (stored(acme, second).state, live.state) == (AssetState.REPLACED, AssetState.PUBLISHED)


def test_an_earlier_script_that_is_done_later_does_not_wait(acme, upload, member):
    earlier, later = (upload(acme, SCRIPT, role="script", actor=member) for _ in range(2))
    assert process_upload(acme.pk, later.pk) == AssetState.WAITING
    assert process_upload(acme.pk, earlier.pk) == AssetState.REPLACED


def test_the_waiting_file_must_be_the_one_that_is_described(acme, script):
    asset = script(acme)
    change(acme, asset, sha256="0" * 64)
    with pytest.raises(ConflictError, match="not the one that waits"):
        read_waiting(acme.pk, asset.pk, actor=SYSTEM)
