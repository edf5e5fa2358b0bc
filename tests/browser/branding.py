"""A runtime over tenants' files, a bucket, and a CDN on another origin: what a tenant's own look is made of."""

import hashlib
import http.server
import io
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

import boto3
import httpx
import msgspec
from botocore.config import Config
from PIL import Image

from controlplane.supervisor.ports import choose_port
from tenants.contract.state import Asset, Rendition
from tests.running_stack import wait_until
from tests.runtime.state.stores import as_pairs

APP = Path(__file__).resolve().parent / "branded_app"
PAGE_FILES = Path(__file__).resolve().parents[2] / "runtime" / "page_files"
KINDS = {
    "avif": "image/avif", "css": "text/css", "html": "text/html; charset=utf-8", "js": "text/javascript",
    "jsx": "text/plain", "mjs": "text/javascript", "png": "image/png", "webp": "image/webp", "woff2": "font/woff2",
}  # fmt: skip


def tenant_id(slug):
    """Return the id that a tenant's file names."""
    return str(uuid5(NAMESPACE_DNS, f"{slug}.branded"))


def picture(colour, width, height, kind):
    """Return a picture of one colour."""
    written = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(written, kind)
    return written.getvalue()


class Cdn:
    """Files under another origin, answered to anybody as a CDN does; ``url`` is where it is."""

    def __init__(self):
        self.files = {}
        cdn = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                content = cdn.files.get(self.path)
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Type", KINDS.get(self.path.rpartition(".")[2], "application/octet-stream"))
                self.send_header("Content-Length", str(len(content or b"")))
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Cache-Control", "public, max-age=31536000, immutable")
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_):
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.url = f"http://cdn.localhost:{self._server.server_port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass
class Ground:
    """The running parts, and the tenants as their files say."""

    cdn: Cdn
    folder: Path
    bucket: object
    port: int = 0
    assets: dict[str, dict[tuple[str, str], Asset]] = field(default_factory=dict)

    def url(self, slug, path="/"):
        """Return an address of a tenant."""
        return f"http://{slug}.localhost:{self.port}{path}"

    def publish(self, slug, *, allowed_origins=()):
        """Write a tenant's file, which the runtime watches."""
        assets = self.assets.get(slug, {}).values()
        text = [
            f'id = "{tenant_id(slug)}"',
            f'app = "branded"\nname = "{slug.title()}"\naccess.allowed_origins = {list(allowed_origins)}',
            *(f"[[assets]]\n{as_pairs(msgspec.to_builtins(asset))}" for asset in assets),
        ]
        draft = self.folder / "tenants" / f".{slug}.draft"
        draft.write_text("\n".join(text), encoding="utf-8")
        draft.rename(draft.with_name(f"{slug}.toml"))

    def bring(self, slug, role, content, extension, *, name="", srcset=(), **more):
        """Store a file as the worker does and describe it; in force with the next ``publish``."""
        url, digest = self._store(slug, content, extension)
        self.assets.setdefault(slug, {})[role, name] = Asset(
            role=role, name=name, url=url, sha256=digest, size=len(content), content_type=KINDS[extension],
            srcset=tuple(srcset), **more,
        )  # fmt: skip
        return url

    def move(self, slug, role, path):
        """Say that a file lies elsewhere on the CDN, and return where."""
        url = f"{self.cdn.url}{path}"
        self.assets[slug][role, ""] = msgspec.structs.replace(self.assets[slug][role, ""], url=url)
        return url

    def rendition(self, slug, content, extension, width, height):
        """Store another file of a picture and describe it."""
        url, digest = self._store(slug, content, extension)
        kind = KINDS[extension]
        return Rendition(url=url, content_type=kind, sha256=digest, size=len(content), width=width, height=height)

    def _store(self, slug, content, extension):
        digest = hashlib.sha256(content).hexdigest()
        key = f"{tenant_id(slug)}/{digest[:32]}.{extension}"
        self.cdn.files[f"/files/{key}"] = content
        self.bucket.put_object(Bucket="assets-public", Key=key, Body=content, ContentType=KINDS[extension])
        return f"{self.cdn.url}/files/{key}", digest


@contextmanager
def running_ground(folder, seaweedfs, **settings):
    """Run everything; ``settings`` are more of the runtime's."""
    for name in ("tenants", "apps", "data"):
        (folder / name).mkdir()
    shutil.copytree(APP, folder / "apps" / "branded", ignore=shutil.ignore_patterns("__pycache__"))
    bucket = boto3.client(
        "s3",
        endpoint_url=seaweedfs.endpoint_url,
        aws_access_key_id=seaweedfs.access_key_id,
        aws_secret_access_key=seaweedfs.secret_access_key,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )
    with Cdn() as cdn:
        ground = Ground(cdn, folder, bucket, port=choose_port())
        try:
            with _runtime(ground, seaweedfs, settings):
                yield ground
        finally:
            bucket.close()


@contextmanager
def _runtime(ground, seaweedfs, settings):
    folder, internal = ground.folder, choose_port({ground.port})
    environment = {
        "PATH": os.defpath,
        "RUNTIME_STATE_SOURCE": f"file://{folder / 'tenants'}",
        "RUNTIME_MASTER_SECRET": "only for tests",
        "RUNTIME_DATA_DIR": str(folder / "data"),
        "RUNTIME_PORT": str(ground.port),
        "RUNTIME_INTERNAL_PORT": str(internal),
        "CHAINLIT_APPS_DIR": str(folder / "apps"),
        "PLATFORM_URL": f"http://localhost:{ground.port}",
        "TENANT_BASE_DOMAIN": "localhost",
        "S3_ENDPOINT_URL": seaweedfs.endpoint_url,
        "S3_ACCESS_KEY_ID": seaweedfs.access_key_id,
        "S3_SECRET_ACCESS_KEY": seaweedfs.secret_access_key,
        "ASSETS_BASE_URL": f"{ground.cdn.url}/files",
        **{name: value.format(cdn=ground.cdn.url) for name, value in settings.items()},
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "runtime"],
            cwd=APP.parents[2], env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        ready = f"http://127.0.0.1:{internal}/readyz"
        wait_until(lambda: httpx.get(ready, trust_env=False).is_success, seconds=60, what="/readyz")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
