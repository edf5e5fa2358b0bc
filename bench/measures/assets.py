"""Files of tenants: from an upload to the chat that shows it, and how many of them two workers publish."""

import io
import random
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
from PIL import Image

from bench.figures import Figure, percentile
from bench.ground import ECHO, Ground, host_of
from bench.keepalive import KeptConnection
from bench.load.http import HttpLoad, measure_http_load
from bench.plan import Plan
from bench.progress import report_progress
from bench.rows import Row, Subject
from bench.servers import Target, our_runtime, serving, worker

if TYPE_CHECKING:
    from tenants.registry.models import Tenant

__all__ = ["measure"]

WORKERS = 2
SEEN_WITHIN_SECONDS = 60.0
LOGO = "/logo?theme=light"
LOGO_SIDES = (640, 160)


def measure(ground: Ground, plan: Plan) -> Iterator[Row]:
    """Yield how long an upload takes, how many are published a second, and what an uploaded logo costs to ask for."""
    tenants = ground.tenants(ECHO, plan.http_tenants)
    hosts = [host_of(tenant.slug) for tenant in tenants]
    with (
        ground.object_store(),
        worker(ground, concurrency=WORKERS),
        serving(ground, our_runtime(ground, hosts)) as (runtime,),
    ):
        yield from _upload_to_seen(tenants, runtime, plan.uploads)
        yield _published_a_second(tenants, plan.uploads)
        yield from _asked_for(runtime, plan)


def _upload_to_seen(tenants: Sequence["Tenant"], runtime: Target, count: int) -> Iterator[Row]:
    """Upload one logo after another as a browser does, and ask the chat for its logo until it is the new one."""
    seconds = []
    with KeptConnection(runtime.port) as connection, _store() as store:
        for number in range(count):
            report_progress(f"upload {number + 1} of {count}")
            tenant, host = tenants[number % len(tenants)], runtime.hosts[number % len(tenants)]
            before = _location(connection, host)
            began = time.perf_counter()
            _upload(store, tenant, _logo(number))
            while _location(connection, host) == before:
                if time.perf_counter() - began > SEEN_WITHIN_SECONDS:
                    raise TimeoutError(f"{host} does not show the new logo within {SEEN_WITHIN_SECONDS:g} s")
                time.sleep(0.002)
            seconds.append(time.perf_counter() - began)
    for share, text in ((0.5, "p50"), (0.99, "p99")):
        yield Row(
            name=f"upload to seen {text}", unit="ms",
            figures={Subject.OURS: Figure((percentile(seconds, share) * 1000,))},
            note=f"{count} logos of {LOGO_SIDES[0]} x {LOGO_SIDES[1]} pixels, one after another: ticket, post to the "
            "store, check in a process of its own, WebP and AVIF in all sizes, publication, until the chat shows it.",
        )  # fmt: skip


def _published_a_second(tenants: Sequence["Tenant"], count: int) -> Row:
    """Upload many logos, then let the workers begin with all of them at once."""
    from tenants.assets.services.receiving import finish_upload
    from tenants.registry.actor import SYSTEM

    with _store() as store:
        waiting = []
        for number in range(count):
            report_progress(f"push {number + 1} of {count}")
            tenant = tenants[number % len(tenants)]
            waiting.append((tenant, _post(store, tenant, _logo(1000 + number))))
        began = time.perf_counter()
        for tenant, asset_id in waiting:
            finish_upload(tenant.pk, asset_id, actor=SYSTEM)
        while any(_unfinished(tenant) for tenant in tenants):
            time.sleep(0.02)
        seconds = time.perf_counter() - began
    return Row(
        name=f"uploads published, {WORKERS} workers", unit="uploads/s",
        figures={Subject.OURS: Figure((count / seconds,))},
        note=f"{count} logos of {len(tenants)} tenants, all waiting at the start.",
    )  # fmt: skip


def _asked_for(runtime: Target, plan: Plan) -> Iterator[Row]:
    """Ask for the logos that were uploaded, as visitors' browsers do."""
    results = [
        measure_http_load(
            HttpLoad(
                port=runtime.port, server_pid=runtime.pid, hosts=runtime.hosts, path=LOGO, accept_encoding="",
                expected_status=307, connections=plan.connections, warm_up_seconds=plan.warm_up_seconds,
                measured_seconds=plan.measured_seconds,
            )
        )
        for _ in range(plan.rounds)
    ]  # fmt: skip
    for unit, samples in (
        ("requests/s", [result.requests_a_second for result in results]),
        ("CPU µs/request", [result.cpu_microseconds for result in results]),
    ):
        yield Row(
            name="GET /logo, uploaded", unit=unit, figures={Subject.OURS: Figure(tuple(samples))},
            note="A redirect to the file in the format and size that the browser takes.",
        )  # fmt: skip


def _location(connection: KeptConnection, host: str) -> str:
    """Return where a host's logo is; empty for one that is answered with the picture itself."""
    found = re.search(rb"\r\nlocation: ([^\r]+)", connection.get(host, LOGO).head)
    return found[1].decode() if found else ""


@contextmanager
def _store() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30, trust_env=False) as client:
        yield client


def _upload(store: httpx.Client, tenant: "Tenant", picture: bytes) -> None:
    from tenants.assets.services.receiving import finish_upload
    from tenants.registry.actor import SYSTEM

    finish_upload(tenant.pk, _post(store, tenant, picture), actor=SYSTEM)


def _post(store: httpx.Client, tenant: "Tenant", picture: bytes) -> str:
    from tenants.assets.services.receiving import begin_upload
    from tenants.registry.actor import SYSTEM

    ticket = begin_upload(tenant.pk, role="logo_light", file_name="logo.png", actor=SYSTEM)
    store.post(ticket.url, data=dict(ticket.fields), files={"file": ("logo.png", picture)}).raise_for_status()
    return str(ticket.asset_id)


def _unfinished(tenant: "Tenant") -> bool:
    from tenants.assets.models import UNFINISHED, Asset
    from tenants.registry.schema import tenant_schema

    with tenant_schema(tenant):
        return Asset.objects.filter(state__in=UNFINISHED).exists()


def _logo(number: int) -> bytes:
    """Return a logo like no other: soft shapes on a clear ground, as logos are."""
    shade = random.Random(number)  # noqa: S311 - a picture, not a secret
    picture = Image.new("RGBA", (16, 4))
    picture.putdata([(*(shade.randrange(256) for _ in range(3)), 255 * (cell % 3 > 0)) for cell in range(64)])
    stream = io.BytesIO()
    picture.resize(LOGO_SIDES, Image.Resampling.BICUBIC).save(stream, "PNG")
    return stream.getvalue()
