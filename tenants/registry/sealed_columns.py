"""Columns that hold sealed secrets: whoever reads all of them, to seal them with another key, forgets none."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models

__all__ = ["SealedTextField", "shared_columns", "tenant_columns"]


class SealedTextField(models.TextField):  # type: ignore[type-arg]  # Django's own cannot be subscripted
    """A column of what ``tenants.registry.sealing`` returns, or of nothing.

    ``only_if`` names a column of truth values beside it, without which the value is not sealed.
    """

    def __init__(self, *args: Any, only_if: str = "", **options: Any) -> None:
        self.only_if = only_if
        super().__init__(*args, **options)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """To the database it is text, so that saying what is in it takes no migration."""
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.TextField", list(args), options


def tenant_columns() -> Iterator[SealedTextField]:
    """Return the sealed columns of each tenant's schema."""
    return (column for column in _columns() if _is_of_tenants(column))


def shared_columns() -> Iterator[SealedTextField]:
    """Return the sealed columns of the public schema."""
    return (column for column in _columns() if not _is_of_tenants(column))


def _columns() -> Iterator[SealedTextField]:
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            if isinstance(column, SealedTextField):
                yield column


def _is_of_tenants(column: SealedTextField) -> bool:
    return column.model._meta.app_config.name in settings.TENANT_APPS
