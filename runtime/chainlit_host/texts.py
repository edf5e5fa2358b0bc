"""An app's welcome text and translations: its own files first, then those Chainlit ships. Nothing is written."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from chainlit.config import TRANSLATIONS_DIR
from chainlit.markdown import DEFAULT_MARKDOWN_STR

__all__ = ["AppTexts"]

DEFAULT_LANGUAGE = "en-US"
SIGN_IN_UNAVAILABLE = "Signing in is not possible just now. Please try again in a moment."


class AppTexts:
    """Finds the text for a language among files listed once, so that no request's value ever becomes a path."""

    def __init__(self, folder: Path) -> None:
        self._translations = {
            **_by_stem(Path(TRANSLATIONS_DIR).glob("*.json")),
            **_by_stem((folder / ".chainlit" / "translations").glob("*.json")),
        }
        self._welcome = _by_stem(folder.glob("chainlit*.md"))
        self._read: dict[Path, tuple[int, str]] = {}
        self._parsed: dict[Path, Mapping[str, Any]] = {}

    def translation(self, language: str) -> Mapping[str, Any]:
        """Return the translation for a language tag, with Chainlit's order of fallbacks."""
        path = self._translation_path(language)
        if path not in self._parsed:
            self._parsed[path] = _with_sign_in_errors(json.loads(path.read_text(encoding="utf-8")))
        return self._parsed[path]

    def welcome(self, language: str) -> str | None:
        """Return the welcome text (Markdown) for a language tag; an app without one gets the text Chainlit writes."""
        path = self._welcome.get(f"chainlit_{language}") or self._welcome.get("chainlit")
        if path is None:
            return DEFAULT_MARKDOWN_STR
        try:
            changed = path.stat().st_mtime_ns
            if (known := self._read.get(path)) and known[0] == changed:
                return known[1]
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        self._read[path] = changed, text
        return text

    def _translation_path(self, language: str) -> Path:
        parent = language.partition("-")[0]
        for candidate in (language, parent):
            if candidate in self._translations:
                return self._translations[candidate]
        regional = sorted(name for name in self._translations if name.startswith(f"{parent}-"))
        if language == parent and regional:
            return self._translations[regional[0]]
        return self._translations[DEFAULT_LANGUAGE]


def _by_stem(paths: Iterable[Path]) -> dict[str, Path]:
    return {path.stem: path for path in paths if path.is_file()}


def _with_sign_in_errors(translation: dict[str, Any]) -> dict[str, Any]:
    """Add words for the answers of ``/login``: the page looks them up by the HTTP status text."""
    login = translation.get("auth", {}).get("login", {})
    errors = login.get("errors")
    if isinstance(errors, dict):
        errors.setdefault("unauthorized", errors.get("credentialsSignin", errors.get("default", "")))
        errors.setdefault("service unavailable", SIGN_IN_UNAVAILABLE)
    return translation
