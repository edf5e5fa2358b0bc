"""What tests of uploads under faults stand on: a committed tenant, real workers behind a gate, and what must hold."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx
from django.utils import timezone

from tenants.assets.models import Asset, AssetState, StoredObject
from tenants.assets.services.processing import process_upload, requeue_uploads
from tenants.assets.services.receiving import begin_upload, finish_upload
from tenants.assets.services.slots import remove_asset
from tenants.registry.actor import SYSTEM
from tenants.registry.models import AuditEntry, Publication, Tenant
from tenants.registry.schema import tenant_schema
from tests.faults.gated_store import GatedStore
from tests.running_stack import wait_until
from tests.tenants.assets.conftest import post
from tests.tenants.assets.pictures import picture
from tests.tenants.assets.rows import manifest, noted, objects, stored

__all__ = ["PRIVATE", "PUBLIC", "UploadGround"]

_OPTIONS = ("--pool", "solo", "--without-mingle", "--without-gossip", "--without-heartbeat", "--loglevel", "WARNING")

PRIVATE, PUBLIC = "assets-private", "assets-public"


@dataclass(frozen=True)
class UploadGround:
    """A tenant whose rows other processes see. Workers ask ``store``; the test itself asks the store behind it."""

    tenant: Tenant
    store: GatedStore
    endpoint_url: str

    def send(self, content: bytes | None = None, *, told: bool = True) -> Asset:
        """Post a picture of several sizes as sign-in image, and say so unless ``told`` is false."""
        ticket = begin_upload(self.tenant.pk, role="login_image", file_name="hall.png", actor=SYSTEM)
        post(ticket, picture(size=(900, 600)) if content is None else content).raise_for_status()
        if told:
            finish_upload(self.tenant.pk, ticket.asset_id, actor=SYSTEM)
        with tenant_schema(self.tenant):
            return Asset.objects.get(pk=ticket.asset_id)

    @contextmanager
    def worker(self, *, fetching_from: int | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """Run a real Celery worker, which is killed when the block ends.

        ``fetching_from`` is a port of this machine from which it may fetch files, as the product's own never does.
        """
        entry = (
            ["-m", "celery"] if fetching_from is None else ["-m", "tests.faults.fetching_worker", str(fetching_from)]
        )
        process = subprocess.Popen(
            [sys.executable, *entry, "--quiet", "-A", "controlplane", "worker", *_OPTIONS],
            env={**os.environ, "S3_ENDPOINT_URL": self.store.address, "PYTHONWARNINGS": "ignore"},
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def sweep(self) -> int:
        """Do what beat has done some time later, when what was on its way is overdue."""
        with tenant_schema(self.tenant):
            Asset.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        return requeue_uploads()

    def state(self, asset: Asset) -> AssetState:
        """Return the state that an upload has now."""
        return AssetState(stored(self.tenant, asset).state)

    def step(self, asset: Asset) -> str:
        """Return the step that an upload is at."""
        return stored(self.tenant, asset).step

    def wait_published(self, asset: Asset) -> None:
        """Wait until an upload is live."""
        wait_until(
            lambda: self.state(asset) == AssetState.PUBLISHED, seconds=90, what=f"the published {asset.original_name}"
        )

    def make_unused(self, asset: Asset) -> None:
        """Publish an upload, take it away, and let its objects be old and named by nothing."""
        process_upload(self.tenant.pk, asset.pk)
        remove_asset(self.tenant.pk, asset.role, actor=SYSTEM)
        live = Publication.objects.filter(tenant=self.tenant).latest("revision")
        Publication.objects.filter(tenant=self.tenant).exclude(pk=live.pk).delete()
        with tenant_schema(self.tenant):
            StoredObject.objects.update(stored_at=timezone.now() - timedelta(days=2))

    def assert_no_dead_link(self) -> None:
        """Every address of the live manifest leads to an object with the size that it names."""
        for asset in manifest(self.tenant).values():
            for named in [asset, *asset.get("srcset", [])]:
                key = "/".join(named["url"].split("/")[-2:])
                answer = httpx.get(f"{self.endpoint_url}/{PUBLIC}/{key}")
                assert (answer.status_code, len(answer.content)) == (200, named["size"])

    def assert_live_and_whole(self, asset: Asset) -> None:
        """The upload is what is live, with all its objects, and there are no others."""
        assert self.state(asset) == AssetState.PUBLISHED
        assert manifest(self.tenant)[asset.role]["url"] == stored(self.tenant, asset).url
        assert objects(self.tenant) == noted(self.tenant) == set(stored(self.tenant, asset).public_keys)
        self.assert_no_dead_link()

    def assert_published_once(self, asset: Asset) -> None:
        """The upload is live and whole, and was published once."""
        self.assert_live_and_whole(asset)
        assert AuditEntry.objects.filter(tenant_id=self.tenant.pk, action="asset.publish").count() == 1
        assert Publication.objects.filter(tenant=self.tenant).count() == 2
