"""The objects that a manifest names: an asset's own file and its renditions, by their keys in the public bucket."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from tenants.contract.state import Asset, Rendition

__all__ = ["NamedObject", "named_objects", "object_key"]


@dataclass(frozen=True)
class NamedObject:
    """An object of the public bucket as a manifest describes it; ``sha256`` is in hex, ``size`` in bytes."""

    key: str
    sha256: str
    size: int
    content_type: str
    asset: Asset
    """The asset that the object belongs to."""


def object_key(url: str) -> str:
    """Return the key of an address in a manifest: its last two parts, ``<tenant id>/<hash>.<extension>``.

    What stands before them is where browsers found the bucket when the manifest was made; it may have moved since.
    """
    return "/".join(urlsplit(url).path.split("/")[-2:])


def named_objects(assets: Iterable[Asset]) -> Iterator[NamedObject]:
    """Yield every object that the assets of a state need, the same key as often as it is named."""
    for asset in assets:
        yield _named(asset, asset)
        for rendition in asset.srcset:
            yield _named(rendition, asset)


def _named(file: Asset | Rendition, asset: Asset) -> NamedObject:
    return NamedObject(
        key=object_key(file.url), sha256=file.sha256, size=file.size, content_type=file.content_type, asset=asset
    )
