"""Guards of what tenants bring themselves."""

from collections.abc import Callable
from typing import Any

from tests.isolation.mutations.registry import without


@without("pictures of each tenant apart", "brand")
def show_anybodys_pictures() -> None:
    _keep("avatars")


@without("a logo for each tenant", "brand")
def show_anybodys_logo() -> None:
    _keep("logo")


@without("a typeface for each tenant", "brand")
def set_in_anybodys_typeface() -> None:
    _keep("fonts")


@without("a web app manifest for each tenant", "brand", "page")
def name_anybody() -> None:
    _keep("web_manifest")


@without("public files of each tenant apart", "public file", "brand")
def list_everybodys_files() -> None:
    from runtime.chainlit_host.pages import assets

    list_own, known = assets._public_files, {}

    def list_all(state: Any) -> dict[str, Any]:
        known.update(list_own(state))
        return known

    assets._public_files = list_all


@without("a public file lies under its own tenant's key", "public file", "brand")
def take_any_key() -> None:
    from runtime.chainlit_host.pages import assets

    list_everybodys_files()
    key_of_asset = assets.key_of_asset
    assets.key_of_asset = lambda asset, tenant_id: key_of_asset(asset, asset.url.split("/")[-2])


def _keep(name: str) -> None:
    """Have a factory of answers make the first one only."""
    from runtime.chainlit_host.pages import assets

    make: Callable[..., Any] = getattr(assets, name)
    kept: list[Any] = []

    def make_once(*args: Any, **named: Any) -> Any:
        kept.append(make(*args, **named))
        return kept[0]

    setattr(assets, name, make_once)
