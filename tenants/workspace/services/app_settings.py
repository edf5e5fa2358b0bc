"""Editing what a tenant sets of its app's settings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from tenants.contract.app_settings import MAXIMUM_SETTINGS_BYTES, SettingKind
from tenants.contract.errors import ConflictError, InvalidValueError
from tenants.contract.roles import Permission
from tenants.contract.secrets import SecretUnreadableError
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.sealing import seal, unseal
from tenants.registry.services.auditing import difference, record
from tenants.workspace.app_schemas import SettingsSchema, find_schema
from tenants.workspace.meanwhile import merge_edit
from tenants.workspace.models import AppSecret, AppSettings
from tenants.workspace.section import compile_app_settings
from tenants.workspace.services.editing import editing

__all__ = ["SettingsRefusedError", "StoredSettings", "read_app_settings", "update_app_settings"]


class SettingsRefusedError(InvalidValueError):
    """Values that do not fit the app's schema; ``faults`` says by path what is wrong, empty for the whole."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        path, fault = next(iter(faults.items()))
        super().__init__("app_settings_invalid", f"{path}: {fault}" if path else fault, field=path)
        self.faults = dict(faults)


@dataclass(frozen=True)
class StoredSettings:
    """What the bound tenant has set of its app: plain values by path, and the paths of secrets that are set.

    ``faults`` are stored values that the app no longer takes, in words; ``unknown`` are paths that it no longer has.
    The app has its defaults in their place.
    """

    schema: SettingsSchema
    values: dict[str, Any]
    secrets: frozenset[str]
    faults: dict[str, str]
    unknown: list[str]


def read_app_settings(tenant: Tenant) -> StoredSettings | None:
    """Return what the tenant has set, whose schema is bound; None where its app has no settings."""
    schema = find_schema(tenant.app)
    if schema is None:
        return None
    stored = compile_app_settings(tenant.app)
    opened, unreadable = _opened(tenant, stored.secrets)
    faults = schema.faults({**stored.values, **opened})
    faults |= {path: _("It cannot be read any more; please set it anew.") for path in unreadable}
    unknown = sorted(path for path in {**stored.values, **stored.secrets} if path not in schema.fields)
    return StoredSettings(schema, stored.values, frozenset(stored.secrets), faults, unknown)


def update_app_settings(
    tenant_id: UUID | str,
    *,
    values: Mapping[str, Any],
    secrets: Mapping[str, str | None] | None = None,
    made_of: Mapping[str, Any] | None = None,
    actor: Actor,
) -> None:
    """Replace what the tenant has set of its app's settings, and publish.

    ``values`` are JSON by path; what is absent is the app's own default. ``secrets`` are set, or with None removed;
    those that are not named stay. ``made_of`` are the values over which the edit was made, as they were.
    Raises ``SettingsRefusedError``, ``EditedMeanwhileError``, and ``ConflictError`` where the app has no settings.
    """
    actor.expect(Permission.EDIT_APP_SETTINGS)
    secrets = secrets or {}
    with editing(tenant_id, actor=actor, note="App settings") as tenant:
        schema = find_schema(tenant.app)
        if schema is None:
            raise ConflictError("app_settings_none", _("The app of this tenant has no settings."))
        _check_names(schema, values, secrets)
        stored = compile_app_settings(tenant.app)
        wanted = _merged(tenant, stored.values, values, made_of)
        kept = {path: token for path, token in stored.secrets.items() if path in schema.fields and path not in secrets}
        given = {path: value for path, value in secrets.items() if value is not None}
        _check(schema, wanted, {**_opened(tenant, kept)[0], **given})
        sealed = {
            path: seal(value, owner=str(tenant.pk), present=stored.secrets.get(path)) for path, value in given.items()
        }
        changes = difference(stored.values, wanted) | _secret_changes(stored.secrets, {**kept, **sealed})
        if changes:
            AppSettings.objects.update_or_create(app=tenant.app, defaults={"values": wanted})
            AppSecret.objects.filter(app=tenant.app).exclude(path__in={**kept, **sealed}).delete()
            for path, token in sealed.items():
                AppSecret.objects.update_or_create(app=tenant.app, path=path, defaults={"value": token})
            record("app_settings.update", actor=actor, tenant=tenant, target=tenant.app, changes=changes)


def _merged(
    tenant: Tenant, present: Mapping[str, Any], values: Mapping[str, Any], made_of: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return what to save where somebody else may have saved meanwhile; None stands for what is not set."""
    if made_of is None:
        return dict(values)
    paths = {*present, *values, *made_of}
    merged = merge_edit(
        tenant,
        "app_settings.update",
        present={path: present.get(path) for path in paths},
        wanted={path: values.get(path) for path in paths},
        made_of={path: made_of.get(path) for path in paths},
    )
    return {path: value for path, value in merged.items() if value is not None}


def _check_names(schema: SettingsSchema, values: Mapping[str, Any], secrets: Mapping[str, str | None]) -> None:
    sealed = {path for path, field in schema.fields.items() if field.kind is SettingKind.SECRET}
    for path in (*values, *secrets):
        if path not in schema.fields or (path in sealed) is not (path in secrets):
            raise SettingsRefusedError({path: _("The app has no such setting.")})


def _check(schema: SettingsSchema, values: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    if faults := schema.faults({**values, **secrets}):
        raise SettingsRefusedError(faults)
    try:
        document = json.dumps({**values, **secrets}, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        raise SettingsRefusedError({"": _("These values cannot be stored.")}) from error
    if len(document) > MAXIMUM_SETTINGS_BYTES:
        kilobytes = MAXIMUM_SETTINGS_BYTES // 1024
        raise SettingsRefusedError({"": _("The settings take at most %(size)s KB together.") % {"size": kilobytes}})
    if b"\\u0000" in document:
        raise SettingsRefusedError({"": _("A text holds a character that cannot be stored.")})


def _opened(tenant: Tenant, tokens: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the secrets that can be read, and the paths of those that cannot."""
    opened, unreadable = {}, []
    for path, token in tokens.items():
        try:
            opened[path] = unseal(token, owner=str(tenant.pk))
        except SecretUnreadableError:
            unreadable.append(path)
    return opened, unreadable


def _secret_changes(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[str | None]]:
    """Return for the audit log which secrets changed, without any value."""
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    return {path: ["secret" if path in before else None, "secret" if path in after else None] for path in changed}
