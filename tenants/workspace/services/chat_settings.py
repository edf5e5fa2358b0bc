"""Editing Chainlit's switches: features and interface."""

from collections.abc import Iterable, Mapping
from typing import TypeVar
from uuid import UUID

import msgspec

from tenants.contract.errors import InvalidValueError
from tenants.contract.roles import Permission
from tenants.contract.state import Features, Interface
from tenants.registry.actor import Actor
from tenants.registry.services.auditing import difference, record
from tenants.workspace.models import ChatSettings
from tenants.workspace.services.editing import editing

__all__ = ["get_features", "get_interface", "update_chat_settings"]

Section = TypeVar("Section", Features, Interface)


def get_features() -> Features:
    """Return the features of the tenant whose schema is bound."""
    return msgspec.convert(ChatSettings.objects.get().features, Features)


def get_interface() -> Interface:
    """Return the interface switches of the tenant whose schema is bound."""
    return msgspec.convert(ChatSettings.objects.get().interface, Interface)


def update_chat_settings(
    tenant_id: UUID | str,
    *,
    features: Mapping[str, object] | None = None,
    interface: Mapping[str, object] | None = None,
    keeping: Iterable[str] = (),
    actor: Actor,
) -> None:
    """Replace the features and/or the interface switches and publish; None leaves that part as it is.

    The mappings have the shape of the contract's ``Features`` and ``Interface``; a name that is absent means the
    app's own value, but those of the interface in ``keeping`` stay as they are, for they are edited elsewhere. Raises
    ``InvalidValueError`` (``features_invalid``, ``interface_invalid``) that names the value.
    """
    actor.expect(Permission.EDIT_FEATURES)
    with editing(tenant_id, actor=actor, note="Chat settings") as tenant:
        settings = ChatSettings.objects.get()
        before = {"features": settings.features, "interface": settings.interface}
        if features is not None:
            settings.features = _checked(features, Features, code="features_invalid")
        if interface is not None:
            kept = {name: settings.interface[name] for name in keeping if name in settings.interface}
            settings.interface = _checked({**interface, **kept}, Interface, code="interface_invalid")
        changes = difference(before, {"features": settings.features, "interface": settings.interface})
        if changes:
            settings.save()
            record("chat_settings.update", actor=actor, tenant=tenant, changes=changes)


def _checked(values: Mapping[str, object], section: type[Section], *, code: str) -> dict[str, object]:
    try:
        checked = msgspec.convert(dict(values), section)
    except msgspec.ValidationError as error:
        raise InvalidValueError(code, f"A switch is not valid: {error}.", field=code.partition("_")[0]) from error
    builtins: dict[str, object] = msgspec.to_builtins(checked)
    return builtins
