"""Which Chainlit project folders a tenant may name, read from CHAINLIT_APPS_DIR."""

from pathlib import Path

from django.conf import settings

from tenants.contract.errors import InvalidValueError

__all__ = ["available_apps", "check_app"]


def available_apps() -> list[str]:
    """Return the names of the folders that hold a Chainlit app, sorted."""
    directory: Path = settings.ENVIRONMENT.apps_dir
    if not directory.is_dir():
        return []
    return sorted(
        entry.name
        for entry in directory.iterdir()
        if entry.is_dir() and any((entry / name).is_file() for name in ("main.py", "app.py"))
    )


def check_app(name: str) -> str:
    """Return ``name`` when there is such an app, else raise ``InvalidValueError`` that lists those there are."""
    names = available_apps()
    if name not in names:
        raise InvalidValueError(
            "app_unknown", f"There is no app “{name}”; there are: {', '.join(names) or 'none'}.", field="app"
        )
    return name
