"""Chainlit's own frontend on a CDN, of exactly the build that is installed here.

The CDN's address ends in the build's name, which holds a hash of all its files (``tenants.contract.frontend``), and the
page names the hashes of the two files that it loads itself; all others are imported by these under hashed names.
"""

import base64
import hashlib
import re
from pathlib import Path

from runtime.config import InvalidSettingError
from tenants.contract.frontend import build_name

__all__ = ["Frontend"]

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~%-]+)+")
_ELEMENT = re.compile(r'(<(?:script|link)\b[^>]*?)\b(src|href)="/(assets/[^"]+)"([^>]*>)')


class Frontend:
    """Where pages load Chainlit's files from: ``base_url``, or the tenant's own host where that is empty.

    Raises ``InvalidSettingError`` for an address of another build.
    """

    def __init__(self, build: Path, version: str, base_url: str) -> None:
        self._build = build
        self._base_url = base_url
        if not base_url:
            return
        name = build_name(version, build)
        if not _ADDRESS.fullmatch(base_url) or base_url.rpartition("/")[2] != name:
            expected = f"the address of the installed build on a CDN, which begins with https:// and ends in /{name}"
            raise InvalidSettingError("FRONTEND_BASE_URL", expected)

    def placed(self, html: str) -> str:
        """Return the page of Chainlit's own build with its files on the CDN."""
        return _ELEMENT.sub(self._elsewhere, html) if self._base_url else html

    @property
    def sources(self) -> dict[str, list[str]]:
        """What a page's policy must allow, by directive."""
        if not self._base_url:
            return {}
        folder = f"{self._base_url}/assets/"
        return {"script-src": [folder], "style-src": [folder]}

    def _elsewhere(self, element: re.Match[str]) -> str:
        before, attribute, name, after = element.groups()
        digest = base64.b64encode(hashlib.sha384((self._build / name).read_bytes()).digest()).decode()
        return f'{before}{attribute}="{self._base_url}/{name}" integrity="sha384-{digest}"{after}'
