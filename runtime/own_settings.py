"""Settings of an app's own: the model that it declares, and the instance that each tenant's values make of it.

The app decorates a pydantic model while it is imported. What a tenant stored and the model no longer takes falls back
to the model's default, field by field, so that no chat breaks by an upgrade of its app.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
import structlog
from pydantic import BaseModel, ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema

from tenants.contract.app_settings import SchemaUnusableError, SettingGroup, assemble, keep_order, read_schema
from tenants.contract.secrets import SecretBox, SecretUnreadableError
from tenants.contract.state import TenantState

__all__ = [
    "DeclaredSettings", "NoSettingsError", "SettingsUnusableError", "app_settings", "declared_settings",
    "declaring_settings", "open_settings", "read_declared",
]  # fmt: skip

log = structlog.get_logger(__name__)

Model = TypeVar("Model", bound=type[BaseModel])

MAXIMUM_SCHEMA_BYTES = 64 * 1024


class NoSettingsError(RuntimeError):
    """``tenant.settings`` was asked for in an app that declares none."""

    def __init__(self, app: str) -> None:
        super().__init__(f"The app “{app}” declares no settings; runtime.app_settings decorates their model.")


class SettingsUnusableError(TypeError):
    """An app's model cannot be the settings of tenants; the app is not served, and its developer is told why."""


@dataclass(frozen=True)
class DeclaredSettings:
    """An app's model, with its JSON Schema and what that is read as."""

    model: type[BaseModel]
    schema: Mapping[str, Any]
    groups: list[SettingGroup]


declared_settings: dict[str, DeclaredSettings] = {}
"""The settings of each loaded app that has any, by the app's name. Filled by the apps' host."""

_declaring: ContextVar[list[type[BaseModel]] | None] = ContextVar("chainlit_tenants_declared_settings", default=None)


def app_settings(model: Model) -> Model:
    """Declare a pydantic model as the settings of the app that is being imported; used as a decorator.

    Each tenant sets its own values on its settings page; ``tenant.settings`` is an instance of the model. Every field
    has a default, which counts for a tenant that has set nothing. Without the runtime it does nothing.
    """
    declared = _declaring.get()
    if declared is not None:
        declared.append(model)
    return model


@contextmanager
def declaring_settings() -> Iterator[list[type[BaseModel]]]:
    """Collect what the app declares that is imported in the block."""
    declared: list[type[BaseModel]] = []
    token = _declaring.set(declared)
    try:
        yield declared
    finally:
        _declaring.reset(token)


def read_declared(declared: list[type[BaseModel]]) -> DeclaredSettings | None:
    """Return an app's settings, None where it has none; raises ``SettingsUnusableError`` that says what is at fault."""
    if not declared:
        return None
    if len(declared) > 1:
        names = ", ".join(model.__name__ for model in declared)
        raise SettingsUnusableError(f"An app declares one model of settings, and not {len(declared)}: {names}.")
    model = declared[0]
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise SettingsUnusableError(f"Settings are a pydantic model, and {model!r} is none.")
    try:
        model()
    except ValidationError as error:
        raise SettingsUnusableError(
            f"Every setting needs a default that is valid, for a new tenant has set nothing: {_faults(error)}."
        ) from error
    try:
        schema = keep_order(model.model_json_schema())
        groups = read_schema(schema)
    except (PydanticInvalidForJsonSchema, SchemaUnusableError) as error:
        raise SettingsUnusableError(f"No form can be made of {model.__name__}: {error}") from error
    if len(msgspec.json.encode(schema)) > MAXIMUM_SCHEMA_BYTES:
        raise SettingsUnusableError(f"The JSON Schema of {model.__name__} takes more than 64 KB.")
    return DeclaredSettings(model, schema, groups)


def open_settings(state: TenantState, secret_box: SecretBox) -> BaseModel:
    """Return the instance that a tenant's values make; raises ``NoSettingsError``.

    What the model does not take is left out and logged by its path, never with its value.
    """
    declared = declared_settings.get(state.app)
    if declared is None:
        raise NoSettingsError(state.app)
    values = {**state.app_settings.values, **_opened(state, secret_box)}
    data = assemble(declared.groups, values)
    while True:
        try:
            # As JSON, for that is what was stored: a strict model takes a text for a date from nothing else.
            return declared.model.model_validate_json(msgspec.json.encode(data))
        except ValidationError as error:
            if not data:
                # A default that is made anew each time was valid when the app was loaded, and is not now.
                raise
            faults = error.errors(include_url=False, include_context=False, include_input=False)
            for fault in faults:
                path = _leave_out(data, fault["loc"])
                log.warning(
                    "app_setting_not_valid", tenant=state.slug, app=state.app, setting=path, reason=fault["type"]
                )


def _opened(state: TenantState, secret_box: SecretBox) -> dict[str, str]:
    opened = {}
    for path, token in state.app_settings.secrets.items():
        try:
            opened[path] = secret_box.decrypt(token, tenant_id=state.id)
        except SecretUnreadableError:
            log.warning(
                "app_setting_not_valid", tenant=state.slug, app=state.app, setting=path, reason="secret_unreadable"
            )
    return opened


def _leave_out(data: dict[str, Any], location: tuple[int | str, ...]) -> str:
    """Take the value at fault out, or all where none is named; return the path of what was taken."""
    place, path = data, []
    for part in location:
        if not isinstance(part, str) or part not in place:
            break
        path.append(part)
        if not isinstance(place[part], dict):
            break
        place = place[part]
    if not path:
        data.clear()
        return ""
    place = data
    for part in path[:-1]:
        place = place[part]
    del place[path[-1]]
    return ".".join(path)


def _faults(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
