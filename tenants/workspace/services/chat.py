"""Editing what a tenant says itself in the chat: texts by language, starters, and the links in the header."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from tenants.contract.chat import Chat
from tenants.contract.errors import InvalidValueError
from tenants.contract.roles import Permission
from tenants.contract.state import Interface
from tenants.registry.actor import Actor
from tenants.registry.services.auditing import difference, record
from tenants.workspace.meanwhile import merge_edit
from tenants.workspace.models import ChatContent, ChatSettings
from tenants.workspace.section import compile_chat
from tenants.workspace.services.editing import editing

__all__ = ["LINKS", "STARTERS", "TEXTS", "chat_fields", "get_chat", "update_chat"]

TEXTS = "texts."
"""What the names of fields begin with that are the texts of a language; its tag follows."""
STARTERS = "starters"
LINKS = "header_links"


def get_chat() -> Chat:
    """Return the texts and starters of the tenant whose schema is bound."""
    return compile_chat(ChatContent.objects.first())


def chat_fields() -> dict[str, Any]:
    """Return what can be edited here of the bound tenant, by field, as plain JSON.

    The texts of each language are one field; links are None where the app's own are shown.
    """
    chat = _as_json(get_chat())
    return {
        **{f"{TEXTS}{tag}": texts for tag, texts in chat.get("texts", {}).items()},
        STARTERS: chat.get("starters", []),
        LINKS: ChatSettings.objects.get().interface.get(LINKS),
    }


def update_chat(
    tenant_id: UUID | str,
    *,
    texts: Mapping[str, Mapping[str, object]],
    starters: Sequence[Mapping[str, object]],
    header_links: Sequence[Mapping[str, object]] | None,
    made_of: Mapping[str, object] | None = None,
    actor: Actor,
) -> None:
    """Replace texts, starters and links and publish.

    The shapes are those of the contract's ``ChatTexts``, ``Starter`` and ``HeaderLink``; ``header_links`` None means
    the app's own. ``made_of`` are the fields (``chat_fields``) over which the edit was made, so that it undoes nothing
    that somebody else saved since. Raises ``EditedMeanwhileError`` where both changed the same field, and
    ``InvalidValueError`` (``chat_invalid``, ``interface_invalid``) that says what is at fault.
    """
    actor.expect(Permission.EDIT_FEATURES)
    wanted = {
        **_fields_of(_checked(texts, starters)),
        LINKS: None if header_links is None else _checked_links(header_links),
    }
    with editing(tenant_id, actor=actor, note=_("Chat texts and starters")) as tenant:
        present = chat_fields()
        names = {*present, *wanted, *(made_of or {})}
        merged = merge_edit(
            tenant,
            "chat.update",
            present={name: present.get(name) for name in names},
            wanted={name: wanted.get(name) for name in names},
            made_of={name: made_of.get(name) for name in names} if made_of is not None else {},
        )
        changes = difference(present, merged)
        if not changes:
            return
        kept = {name.removeprefix(TEXTS): value for name, value in merged.items() if name.startswith(TEXTS) and value}
        # Two edits that fit each by itself may be too much together.
        chat = _checked(kept, merged[STARTERS] or [])  # type: ignore[arg-type]  # plain JSON of the contract's shapes
        ChatContent.objects.update_or_create(defaults={"content": _as_json(chat)})
        if LINKS in changes:
            _save_links(merged[LINKS])
        record("chat.update", actor=actor, tenant=tenant, changes=changes)


def _save_links(links: object) -> None:
    settings = ChatSettings.objects.get()
    others = {name: value for name, value in settings.interface.items() if name != LINKS}
    settings.interface = others if links is None else {**others, LINKS: links}
    settings.save(update_fields=["interface"])


def _checked(texts: Mapping[str, Any], starters: Sequence[Mapping[str, object]]) -> Chat:
    try:
        chat = msgspec.convert({"texts": dict(texts), "starters": list(starters)}, Chat)
    except msgspec.ValidationError as error:
        raise InvalidValueError(
            "chat_invalid", _("The chat's texts are not valid: %(error)s.") % {"error": error}, field="chat"
        ) from error
    if len({tag.lower() for tag in chat.texts}) < len(chat.texts):
        raise InvalidValueError("chat_invalid", _("A language is there twice."), field="chat")
    lines = [starter.label for starter in chat.starters]
    lines += [word for each in chat.texts.values() for word in _as_json(each.words).values()]
    if any(unicodedata.category(letter) == "Cc" for line in lines for letter in line):
        raise InvalidValueError("chat_invalid", _("Labels and words hold no control characters."), field="chat")
    if any("\0" in text for text in [*(t.welcome for t in chat.texts.values()), *(s.message for s in chat.starters)]):
        raise InvalidValueError("chat_invalid", _("Texts hold no NUL character."), field="chat")
    return chat


def _checked_links(links: Sequence[Mapping[str, object]]) -> Any:
    try:
        return _as_json(msgspec.convert({LINKS: list(links)}, Interface))[LINKS]
    except msgspec.ValidationError as error:
        raise InvalidValueError(
            "interface_invalid", _("A link is not valid: %(error)s.") % {"error": error}, field=LINKS
        ) from error


def _fields_of(chat: Chat) -> dict[str, Any]:
    plain = _as_json(chat)
    return {
        **{f"{TEXTS}{tag}": texts for tag, texts in plain.get("texts", {}).items() if texts},
        STARTERS: plain.get("starters", []),
    }


def _as_json(value: msgspec.Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return plain
