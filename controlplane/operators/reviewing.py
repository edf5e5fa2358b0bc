"""The text of a file that waits, shown so that nothing in it can hide from whoever reads it."""

import unicodedata
from dataclasses import dataclass

__all__ = ["ReviewedText", "reviewed_text"]

_PLAIN = frozenset("\t\n")


@dataclass(frozen=True)
class ReviewedText:
    """``text`` has ⟦U+202E⟧ where the file has a character that is not seen or turns the direction of writing."""

    text: str
    lines: int
    hidden: int
    longest_line: int


def reviewed_text(content: bytes) -> ReviewedText:
    """Return a file's text for reading; what is no UTF-8 is shown by its bytes.

    Invisible characters can make code read otherwise than it runs (CVE-2021-42574, "Trojan Source").
    """
    text = content.decode("utf-8", errors="backslashreplace").replace("\r\n", "\n")
    hidden = {letter for letter in set(text) if letter not in _PLAIN and not _is_seen(letter)}
    shown = text.translate({ord(letter): f"⟦U+{ord(letter):04X}⟧" for letter in hidden})
    lines = text.split("\n")
    return ReviewedText(
        text=shown,
        lines=len(lines) - (lines[-1] == ""),
        hidden=sum(text.count(letter) for letter in hidden),
        longest_line=max(map(len, lines)),
    )


def _is_seen(letter: str) -> bool:
    """Say whether a character leaves a mark: no control, format, unassigned one, and no space but the ordinary one."""
    category = unicodedata.category(letter)
    return letter == " " or category[0] not in "CZ"
