"""An app's ``.chainlit/config.toml`` as Chainlit's own settings objects, read without writing anything."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainlit.config import (
    DEFAULT_CONFIG_STR,
    FeaturesSettings,
    ProjectSettings,
    UISettings,
    _check_legacy_mcp_config,
)

from runtime.chainlit_host.answers.content_policy import DIRECTIVES

__all__ = ["AppSettings", "AppSettingsError", "read_settings"]


# A source of a Content-Security-Policy: an origin with or without a path, a scheme, or a keyword in quotes.
_SOURCE = re.compile(r"(?:https?|wss?)://[A-Za-z0-9*.:/_-]+|[a-z][a-z+.-]*:|'[a-z-]+'")


class AppSettingsError(ValueError):
    """The app's config.toml cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class AppSettings:
    """What config.toml holds, in Chainlit's terms, and the one table of it that is ours."""

    project: ProjectSettings
    features: FeaturesSettings
    ui: UISettings
    page_sources: Mapping[str, tuple[str, ...]]
    """``[content_security_policy]``: what the app's own script and stylesheets load from elsewhere, by directive."""


def read_settings(folder: Path) -> AppSettings:
    """Return the app's settings, or Chainlit's defaults where there is no config.toml.

    Raises ``AppSettingsError`` for a file that Chainlit would refuse too: outdated, or with the MCP sections of old.
    """
    path = folder / ".chainlit" / "config.toml"
    document = _parse(path.read_text(encoding="utf-8") if path.is_file() else DEFAULT_CONFIG_STR)
    generated_by = document.get("meta", {}).get("generated_by")
    if not generated_by or generated_by <= "0.3.0":
        raise AppSettingsError("config.toml was made by a version of Chainlit that is no longer understood")
    features = document.get("features", {})
    try:
        _check_legacy_mcp_config(features)
    except ValueError as error:
        raise AppSettingsError("config.toml uses the MCP sections of before Chainlit 2.12") from error
    project = {"lc_cache_path": str(path.parent / ".langchain.db"), **document.get("project", {})}
    return AppSettings(
        project=ProjectSettings(**project),
        features=FeaturesSettings(**features),
        ui=UISettings(**document.get("UI", {})),
        page_sources=_page_sources(document.get("content_security_policy", {})),
    )


def _page_sources(table: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict):
        raise AppSettingsError("[content_security_policy] is a table of lists")
    sources: dict[str, tuple[str, ...]] = {}
    for name, values in table.items():
        directive = str(name).replace("_", "-")
        if directive not in DIRECTIVES:
            known = ", ".join(sorted(known.replace("-", "_") for known in DIRECTIVES))
            raise AppSettingsError(f"[content_security_policy] knows {known}, and not {name}")
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise AppSettingsError(f"{name} in [content_security_policy] is a list of sources")
        wrong = [value for value in values if not _SOURCE.fullmatch(value)]
        if wrong:
            raise AppSettingsError(f"{wrong[0]!r} in [content_security_policy] is not a source")
        sources[directive] = tuple(values)
    return sources


def _parse(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AppSettingsError(f"config.toml is not valid TOML: {error}") from error
