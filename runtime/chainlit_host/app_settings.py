"""An app's ``.chainlit/config.toml`` as Chainlit's own settings objects, read without writing anything."""

import tomllib
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

__all__ = ["AppSettings", "AppSettingsError", "read_settings"]


class AppSettingsError(ValueError):
    """The app's config.toml cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class AppSettings:
    """What config.toml holds, in Chainlit's terms."""

    project: ProjectSettings
    features: FeaturesSettings
    ui: UISettings


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
    )


def _parse(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AppSettingsError(f"config.toml is not valid TOML: {error}") from error
