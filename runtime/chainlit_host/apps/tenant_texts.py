"""A tenant's welcome text and words, laid over its app's; made once a revision."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from runtime.chainlit_host.apps.sign_in_words import as_text
from tenants.contract.chat import Chat, Words, fitting_tags

__all__ = ["TenantTexts"]

PLACES: Mapping[str, tuple[str, ...]] = {
    "composer": ("chat", "input", "placeholder"),
    "new_chat": ("navigation", "newChat", "button"),
    "new_chat_question": ("navigation", "newChat", "dialog", "description"),
    "readme": ("navigation", "header", "readme"),
    "watermark": ("chat", "watermark"),
    "past_chats": ("threadHistory", "sidebar", "title"),
    "login_title": ("auth", "login", "title"),
    "sign_in": ("auth", "login", "form", "actions", "signin"),
    "sign_out": ("navigation", "user", "menu", "logout"),
}
"""Where each of the contract's ``Words`` stands in Chainlit's translations."""

# As Starlette's JSONResponse encodes.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class TenantTexts:
    """What one revision of a tenant says itself. None everywhere means the app's own."""

    __slots__ = ("_encoded", "_laid_over", "_welcome", "_words")

    def __init__(self, chat: Chat) -> None:
        texts = {tag.lower(): each for tag, each in chat.texts.items()}
        self._welcome = {tag: each.welcome for tag, each in texts.items() if each.welcome}
        self._encoded = {tag: _encode(welcome) for tag, welcome in self._welcome.items()}
        self._words = {tag: words for tag, each in texts.items() if (words := _said(each.words))}
        self._laid_over: dict[tuple[int, tuple[str, ...]], tuple[Mapping[str, Any], Mapping[str, Any]]] = {}

    def welcome(self, language: str) -> str | None:
        """Return the tenant's welcome text for a language tag."""
        return _closest(self._welcome, language)

    def encoded_welcome(self, language: str) -> str | None:
        """Return the same as JSON."""
        return _closest(self._encoded, language)

    def over(self, translation: Mapping[str, Any], language: str) -> Mapping[str, Any]:
        """Return a translation with the tenant's words; the same object for the same one and the same words."""
        if not self._words:
            return translation
        # By the tags that fit and not by the language, which is whatever a browser says.
        tags = tuple(tag for tag in fitting_tags(language) if tag in self._words)
        if not tags:
            return translation
        kept = self._laid_over.get((id(translation), tags))
        # An id may be used again; only together with the object it is that object's.
        if kept is not None and kept[0] is translation:
            return kept[1]
        said: dict[str, str] = {}
        for tag in reversed(tags):
            said |= self._words[tag]
        laid_over = translation
        for name, text in said.items():
            laid_over = _put(laid_over, PLACES[name], text)
        self._laid_over[id(translation), tags] = translation, laid_over
        return laid_over


def _closest(texts: Mapping[str, str], language: str) -> str | None:
    return next((texts[tag] for tag in fitting_tags(language) if tag in texts), None) if texts else None


def _said(words: Words) -> dict[str, str]:
    return {name: as_text(text) for name, text in msgspec.to_builtins(words).items() if text}


def _put(translation: Mapping[str, Any], place: tuple[str, ...], text: str) -> Mapping[str, Any]:
    """Return a copy with a text at a place; an app's own file in a shape of its own stays as it is."""
    name, *further = place
    if not further:
        return {**translation, name: text}
    inner = translation.get(name, {})
    return {**translation, name: _put(inner, tuple(further), text)} if isinstance(inner, Mapping) else translation
