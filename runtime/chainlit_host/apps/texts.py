"""An app's welcome text and translations: its own files first, then those Chainlit ships. Nothing is written."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from chainlit.config import TRANSLATIONS_DIR
from chainlit.markdown import DEFAULT_MARKDOWN_STR

from runtime.chainlit_host.answers.folders import FolderListing, file_version
from runtime.chainlit_host.apps.sign_in_words import DEFAULT_LANGUAGE, with_words

__all__ = ["AppTexts"]

Content = TypeVar("Content")


class ReadFiles(Generic[Content]):
    """What was made of files, made again when they change on disk."""

    def __init__(self, make: Callable[[Path], Content]) -> None:
        self._make = make
        self._kept: dict[Path, tuple[tuple[int, int], Content]] = {}

    def of(self, path: Path) -> Content:
        """Return what the file holds now; raises ``FileNotFoundError``."""
        version = file_version(path)
        kept = self._kept.get(path)
        if kept is not None and kept[0] == version:
            return kept[1]
        content = self._make(path)
        if version is not None:
            self._kept[path] = version, content
        return content


class AppTexts:
    """Finds the text for a language among files that were listed, so that no request's value ever becomes a path."""

    def __init__(self, folder: Path) -> None:
        own = folder / ".chainlit" / "translations"
        self._translations = (FolderListing(own, ".json"), FolderListing(Path(TRANSLATIONS_DIR), ".json"))
        self._welcome = FolderListing(folder, ".md")
        # ``chainlit run`` would write one when it starts; a file that is removed later is missed there too.
        self._unwritten = DEFAULT_MARKDOWN_STR if self._welcome.find("chainlit") is None else None
        self._texts = ReadFiles(_read)
        self._parsed: ReadFiles[Mapping[str, Any]] = ReadFiles(_parse)
        self._parsed_for_members: ReadFiles[Mapping[str, Any]] = ReadFiles(_parse_for_members)

    def translation(self, language: str, *, for_members: bool = False) -> Mapping[str, Any]:
        """Return the translation for a language tag, with Chainlit's order of fallbacks.

        ``for_members`` adds words for what only the sign-in of a tenant's members answers. The same object as long as
        the file stays as it is.
        """
        parsed = self._parsed_for_members if for_members else self._parsed
        return parsed.of(self._translation_path(language))

    def welcome(self, language: str) -> str | None:
        """Return the welcome text (Markdown) for a language tag; an app without one gets the text Chainlit writes."""
        path = self._welcome.find(f"chainlit_{language}") or self._welcome.find("chainlit")
        if path is None:
            return self._unwritten
        try:
            return self._texts.of(path)
        except FileNotFoundError:
            return None

    def _translation_path(self, language: str) -> Path:
        parent = language.partition("-")[0]
        for candidate in (language, parent):
            for listing in self._translations:
                if (path := listing.find(candidate)) is not None:
                    return path
        if language == parent:
            regional = [path for each in self._translations if (path := each.find_beginning(f"{parent}-")) is not None]
            if regional:
                # min() keeps the first of equals: the app's own.
                return min(regional, key=lambda path: path.stem)
        return self._translation_path(DEFAULT_LANGUAGE)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _parse(path: Path) -> Mapping[str, Any]:
    translation: Mapping[str, Any] = json.loads(_read(path))
    return translation


def _parse_for_members(path: Path) -> Mapping[str, Any]:
    return with_words(json.loads(_read(path)), path.stem)
