"""The files that a tenant's own file names: ``[images]`` for one address a role, ``[[assets]]`` for everything else."""

import mimetypes
import re
from collections.abc import Mapping
from typing import Any

from runtime.state.file_fields import TenantFileError, table
from tenants.contract.state import NAMED_ROLES

__all__ = ["read_assets"]

_ADDRESS = re.compile(r"(https?://|/(?!/))[^\s\"'<>]+")


def read_assets(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the assets as the contract has them, whatever is left out filled in; raises ``TenantFileError``."""
    images = [
        _asset({"role": role, "url": url}, field=f"images.{role}", address=f"images.{role}")
        for role, url in table(document, "images").items()
    ]
    tables = document.get("assets", [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise TenantFileError("assets", "tables are expected: [[assets]]")
    assets = [
        *images,
        *(_asset(each, field=f"assets[{n}]", address=f"assets[{n}].url") for n, each in enumerate(tables)),
    ]
    places = [(asset["role"], asset.get("name", "")) for asset in assets]
    for place in places:
        if places.count(place) > 1:
            raise TenantFileError("assets", f"there is more than one {' '.join(map(str, place)).strip()}")
    return assets


def _asset(fields: dict[str, Any], *, field: str, address: str) -> dict[str, Any]:
    for name in ("role", "url"):
        if name not in fields:
            raise TenantFileError(f"{field}.{name}", "required")
    role, url = fields["role"], fields["url"]
    if not isinstance(url, str) or not _ADDRESS.fullmatch(url):
        raise TenantFileError(address, "an address beginning with https:// or / is expected")
    if role in NAMED_ROLES and not fields.get("name"):
        raise TenantFileError(field, f"there are several of a {role}: write [[assets]] with a name for each")
    content_type = mimetypes.guess_type(url)[0] or "application/octet-stream"
    return {"content_type": content_type, "sha256": "", "size": 0, **fields}
