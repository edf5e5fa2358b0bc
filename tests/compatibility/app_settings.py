"""What an app's own config.toml says, where a tenant must say the same to look the same."""

import tomllib

from tests.compatibility.performance import APPS

__all__ = ["display_name"]

CHAINLITS_DEFAULT = "Assistant"


def display_name(app: str) -> str:
    """Return the name that stock Chainlit shows."""
    path = APPS / app / ".chainlit" / "config.toml"
    settings = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    name: str = settings.get("UI", {}).get("name", CHAINLITS_DEFAULT)
    return name
