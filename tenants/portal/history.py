"""The audit log in a person's words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.text import Truncator
from django.utils.timesince import timesince

from tenants.assets.models import ROLE_LABELS
from tenants.contract.access import AccessMode
from tenants.registry.actor import ActorKind
from tenants.registry.models import AuditEntry, Tenant
from tenants.workspace.forms import BrandingForm
from tenants.workspace.models import Member

__all__ = ["Change", "ago", "describe_publisher", "recent_changes", "recent_looks"]

_SENTENCES = {
    "access.sign_out_everyone": "Signed everyone out of the chat",
    "asset.approve": "Let a file in: {target}",
    "asset.describe": "Described a picture: {target}",
    "asset.fail": "A file was refused: {target}",
    "asset.fetch": "Had a file fetched: {target}",
    "asset.publish": "Published a file: {target}",
    "asset.receive": "Uploaded a file: {target}",
    "asset.refuse": "Did not let a file in: {target}",
    "asset.remove": "Removed a file: {target}",
    "asset.wait": "A file waits for an operator: {target}",
    "branding.update": "Changed the branding",
    "chat.update": "Changed the chat's texts, starters or links",
    "chat_settings.update": "Changed features and interface",
    "conversation.delete": "Deleted a conversation of {target}",
    "conversation.expire": "Deleted conversations that were kept long enough",
    "conversation.export": "Exported conversations",
    "conversation.list": "Looked through the conversations",
    "conversation.view": "Read a conversation of {target}",
    "conversation_policy.update": "Changed who reads conversations, or how long they stay",
    "domain.add": "Added the domain {target}",
    "domain.remove": "Removed the domain {target}",
    "domain.verify": "Verified the domain {target}",
    "draft.discard": "Discarded the changes that waited",
    "draft.publish": "Published the changes that waited",
    "draft.refuse": "A planned publication was refused",
    "draft.schedule": "Planned a publication",
    "draft.unschedule": "Cancelled the planned publication",
    "environment.delete": "Removed the variable {target}",
    "environment.set": "Set the variable {target}",
    "flag.define": "Changed whom the flag {target} is for",
    "flag.delete": "Removed the flag {target}",
    "member.accept": "Accepted the invitation",
    "member.add": "Added {target}",
    "member.invite": "Sent {target} the invitation again",
    "member.remove": "Removed {target}",
    "member.set_password": "Set a password for {target}",
    "member.sign_out": "Signed {target} out",
    "member.update": "Changed {target}",
    "revision.prune": "Removed old revisions",
    "revision.restore": "Went back to {target}",
    "tenant.quota": "Changed the storage quota",
    "tenant.live": "Created this assistant",
    "tenant.publish_on_save": "Changed whether what is saved is live at once",
    "tenant.resume": "Resumed this assistant",
    "tenant.suspend": "Suspended this assistant",
    "tenant.update": "Changed the contract details",
}
_MODES = {
    AccessMode.ANONYMOUS: "Opened the chat to anyone",
    AccessMode.MEMBERS: "Let members only in",
    AccessMode.APP: "Let the app decide who enters",
}

_NO_CHANGES = ("storage.", "sign_in.", "password.", "visit.", *(f"conversation.{look}" for look in ("list", "view")))


@dataclass(frozen=True)
class Change:
    """One line of the recent changes."""

    what: str
    details: str
    who: str
    at: datetime

    @property
    def ago(self) -> str:
        """How long it is since."""
        return ago(self.at)


def ago(moment: datetime) -> str:
    """Return how long a moment is past, in one unit."""
    if timezone.now() - moment < timedelta(minutes=1):
        return "just now"
    return f"{timesince(moment, depth=1)} ago"


def recent_changes(tenant: Tenant, *, limit: int = 8) -> list[Change]:
    """Return the newest entries of the tenant's audit log that changed something: no checks, and nobody's comings."""
    changes = AuditEntry.objects.filter(tenant_id=tenant.pk)
    for kind in _NO_CHANGES:
        changes = changes.exclude(action__startswith=kind)
    return _told(changes[:limit])


def recent_looks(tenant: Tenant, *, limit: int = 10) -> list[Change]:
    """Return who read, exported or deleted conversations last, and who said that they may."""
    return _told(AuditEntry.objects.filter(tenant_id=tenant.pk, action__startswith="conversation")[:limit])


def _told(found: Iterable[AuditEntry]) -> list[Change]:
    entries = list(found)
    names = _member_names(entry.actor for entry in entries)
    return [
        Change(_sentence(entry), _details(entry), _who(entry.actor_kind, names.get(entry.actor, entry.actor)), entry.at)
        for entry in entries
    ]


def describe_publisher(tenant: Tenant, label: str) -> str:
    """Return who made a publication."""
    kind = AuditEntry.objects.filter(tenant_id=tenant.pk, actor=label).values_list("actor_kind", flat=True).first()
    return _who(kind or ActorKind.SYSTEM, _member_names([label]).get(label, label))


def _member_names(labels: Iterable[str]) -> dict[str, str]:
    members = Member.objects.filter(email__in=set(labels))
    return {member.email: member.name or member.email for member in members}


def _who(kind: str, name: str) -> str:
    """Name the tenant's own people; operators are strangers to the tenant and stay nameless."""
    platform = "Platform operator"
    names = {ActorKind.OPERATOR: platform, ActorKind.VIEWER: platform, ActorKind.SYSTEM: "System"}
    return names.get(ActorKind(kind), name)


def _sentence(entry: AuditEntry) -> str:
    after = {name: pair[1] for name, pair in entry.changes.items() if isinstance(pair, list) and len(pair) > 1}
    if entry.action == "flag.set":
        return f"Turned the flag {entry.target} {'on' if after.get('enabled') else 'off'}"
    if entry.action == "access.update":
        return _MODES.get(after.get("mode", ""), "Changed who may enter")
    target = {role.value: label for role, label in ROLE_LABELS.items()}.get(entry.target, entry.target)
    if entry.action.startswith("conversation.") and not target:
        target = "somebody who had not signed in"
    sentence = _SENTENCES.get(entry.action)
    if sentence is None:
        return f"{entry.action.replace('.', ' ').replace('_', ' ').capitalize()} {target}".strip()
    return sentence.format(target=target)


def _details(entry: AuditEntry) -> str:
    if entry.action.startswith("asset."):
        return _file_details(entry.changes)
    if entry.action in {"conversation.list", "conversation.export"}:
        return _search_details(entry.changes)
    if entry.action == "conversation.expire":
        return f"{entry.changes.get('conversations', 0)} conversations, {entry.changes.get('files', 0)} files"
    if entry.action != "branding.update":
        return ""
    labels = (field.label for name, field in BrandingForm.base_fields.items() if name in entry.changes)
    return ", ".join(str(label) for label in labels)


def _search_details(changes: Mapping[str, Any]) -> str:
    """Say what was looked for, and of an export how much it was."""
    words = {"text": "“{}”", "person": "of {}", "since": "from {}", "until": "to {}", "rating": "rated {}"}
    told = [words[name].format(changes[name]) for name in words if changes.get(name)]
    if "conversations" in changes:
        told.append(f"{changes['conversations']} as {changes.get('format', '')}")
    return Truncator(", ".join(told)).chars(160)


def _file_details(changes: Mapping[str, Any]) -> str:
    """Say which file it was: its name in its place, what the file was called or where it came from, and why."""
    files = [changes["file"]] if changes.get("file") else changes.get("files", ())
    told = [changes.get("name"), *files, changes.get("url"), changes.get("reason")]
    return Truncator(", ".join(dict.fromkeys(text for text in told if text))).chars(160)
