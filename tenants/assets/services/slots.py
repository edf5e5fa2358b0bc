"""The places for files as people see them: what is in each, what it shows, and taking it away."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from tenants.assets.models import ROLE_LABELS, Asset, AssetState
from tenants.assets.names import checked_description, checked_role
from tenants.assets.pipeline.names import checked_name
from tenants.assets.services.outcomes import lock_tenant
from tenants.contract.errors import NotFoundError
from tenants.contract.roles import Permission
from tenants.contract.state import FONT_FACES, NAMED_ROLES, AssetRole
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record
from tenants.registry.services.publishing import publish_tenant

__all__ = ["AssetSlot", "current_assets", "describe_asset", "remove_asset"]

_SHOWN = (AssetState.AWAITED, AssetState.RECEIVED, AssetState.WAITING, AssetState.PUBLISHED, AssetState.FAILED)


@dataclass(frozen=True)
class AssetSlot:
    """One place for a file and what is in it.

    ``pending`` is on its way (its ``step`` says how far), ``waiting`` needs an operator's word, ``failed`` is the last
    upload where that was refused (its ``reason`` says why). A file that a browser is still sending is not shown: it
    may never arrive.
    """

    role: AssetRole
    name: str
    published: Asset | None = None
    pending: Asset | None = None
    waiting: Asset | None = None
    failed: Asset | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show and nothing to remove."""
        return not (self.published or self.pending or self.waiting or self.failed)


def current_assets(tenant: Tenant) -> dict[AssetRole, dict[str, AssetSlot]]:
    """Return all places by role and name; enters the tenant's schema itself.

    A role without names has one place, named ``""``, and fonts have one for each face, empty or not. Avatars and public
    files have one for each name that there is.
    """
    with tenant_schema(tenant):
        shown = Asset.objects.filter(state__in=_SHOWN).exclude(state=AssetState.AWAITED, source_url="")
        newest = list(shown.order_by("role", "name", "state", "-created_at").distinct("role", "name", "state"))
    places: dict[AssetRole, dict[str, list[Asset]]] = {role: {name: [] for name in _names(role)} for role in AssetRole}
    for asset in newest:
        places[AssetRole(asset.role)].setdefault(asset.name, []).append(asset)
    return {
        role: {name: _slot(role, name, assets) for name, assets in sorted(named.items())} if role is not AssetRole.FONT
        else {name: _slot(role, name, named[name]) for name in named}
        for role, named in places.items()
    }  # fmt: skip


def describe_asset(tenant_id: UUID | str, role: str, name: str = "", *, alt: str, actor: Actor) -> None:
    """Say what a published picture shows, for people who cannot see it, and publish.

    Raises ``InvalidValueError`` (``role_unknown``, ``asset_name_invalid``, ``alt_invalid``) and ``NotFoundError``
    (``asset_not_found``) where nothing is published.
    """
    actor.expect(Permission.EDIT_FILES)
    asset_role = checked_role(role)
    asset_name = checked_name(asset_role, name)
    description = checked_description(alt)
    with transaction.atomic():
        tenant = lock_tenant(get_tenant(tenant_id))
        with tenant_schema(tenant):
            asset = Asset.objects.filter(role=asset_role.value, name=asset_name, state=AssetState.PUBLISHED).first()
            if asset is None:
                raise NotFoundError("asset_not_found", f"{ROLE_LABELS[asset_role]}: there is no file to describe.")
            if asset.alt == description:
                return
            before, asset.alt = asset.alt, description
            asset.save(update_fields=["alt", "updated_at"])
        record(
            "asset.describe",
            actor=actor,
            tenant=tenant,
            target=asset_role.value,
            changes={"name": asset_name, "alt": [before, description]},
        )
        publish_tenant(tenant.pk, actor=actor, note=f"{ROLE_LABELS[asset_role]} described")


def remove_asset(tenant_id: UUID | str, role: str, name: str = "", *, actor: Actor) -> None:
    """Take the file of a place away and publish: the live one, those on their way or waiting, and a refused one.

    Objects stay in the public bucket for as long as a kept revision names them. Raises ``InvalidValueError``
    (``role_unknown``, ``asset_name_invalid``) and ``NotFoundError`` (``asset_not_found``) when there is nothing to
    take away.
    """
    actor.expect(Permission.EDIT_FILES)
    asset_role = checked_role(role)
    asset_name = checked_name(asset_role, name)
    with transaction.atomic():
        tenant = lock_tenant(get_tenant(tenant_id))
        with tenant_schema(tenant):
            shown = Asset.objects.select_for_update().filter(
                role=asset_role.value, name=asset_name, state__in=_SHOWN
            )  # fmt: skip
            files = [asset.original_name for asset in shown]
            if not files:
                raise NotFoundError("asset_not_found", f"{ROLE_LABELS[asset_role]}: there is no file to remove.")
            shown.update(state=AssetState.REMOVED, step="", updated_at=timezone.now())
        record(
            "asset.remove",
            actor=actor,
            tenant=tenant,
            target=asset_role.value,
            changes={"files": files, **({"name": asset_name} if asset_name else {})},
        )
        publish_tenant(tenant.pk, actor=actor, note=f"{ROLE_LABELS[asset_role]} removed")


def _names(role: AssetRole) -> Iterable[str]:
    """Return the names of places that are there with nothing in them."""
    if role is AssetRole.FONT:
        return FONT_FACES
    return () if role in NAMED_ROLES else ("",)


def _slot(role: AssetRole, name: str, newest: list[Asset]) -> AssetSlot:
    by_state = {asset.state: asset for asset in newest}
    failed = by_state.get(AssetState.FAILED)
    if failed and any(asset.created_at > failed.created_at for asset in newest):
        failed = None
    return AssetSlot(
        role=role,
        name=name,
        published=by_state.get(AssetState.PUBLISHED),
        pending=by_state.get(AssetState.RECEIVED) or by_state.get(AssetState.AWAITED),
        waiting=by_state.get(AssetState.WAITING),
        failed=failed,
    )
