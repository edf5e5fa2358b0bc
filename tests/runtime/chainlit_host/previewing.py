"""A preview at a runtime process under test, as its maker's browser has it."""

import json
import secrets

from tenants.contract.previews import preview_digest, preview_path
from tenants.contract.state import decode_state
from tests.runtime.chainlit_host.conftest import MASTER_SECRET
from tests.runtime.chainlit_host.tenants_under_test import tenant_id
from tests.runtime.previews.drafts import Maker

__all__ = ["Preview"]


class Preview:
    """A draft at a runtime process, and the browser of whoever made it."""

    def __init__(self, runtime, slug, *, cookies=None, **changes):
        self.runtime, self.slug = runtime, slug
        self.word = f"draft {secrets.token_hex(4)}"
        self.document = runtime.tenants[slug] | {"branding": {"display_name": self.word}} | changes
        self.maker = Maker(decode_state(json.dumps(runtime.tenants[slug])), MASTER_SECRET)
        self.cookies = {**(cookies or {}), **self.maker.cookies}
        self.version = 0
        self.secret = secrets.token_urlsafe(32)
        self.path = preview_path(self.secret)
        self.keep()

    def keep(self, **changes):
        """Store it, as the control plane does after each change that is typed."""
        self.version += 1
        row = self.maker.row(self.secret, self.document, version=self.version, **changes)
        self.runtime.command("preview", row=row)

    def end(self):
        """Remove it, as a sign-out does, and wait until the process has looked."""
        self.runtime.command("preview", tenant_id=tenant_id(self.slug), digest=preview_digest(self.secret))

    def client(self, *, slug=None, cookies=None):
        """Return an HTTP client of the maker, or with other cookies or at another host."""
        client = self.runtime.client(slug or self.slug, accept="text/html")
        client.cookies.update(self.cookies if cookies is None else cookies)
        return client

    def get(self, path="", **options):
        """Return the answer to a path below the preview's address."""
        with self.client(**options) as client:
            return client.get(f"{self.path}{path}")

    def chat(self, **options):
        """Return a chat in the preview."""
        options = {"cookies": self.cookies, "prefix": self.path, **options}
        return self.runtime.chat(self.slug, **options)
