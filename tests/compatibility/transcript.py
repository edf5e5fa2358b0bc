"""What a person saw, as text that two servers must agree on: without ids, ports, hosts and times."""

import difflib
import re

__all__ = ["Transcript"]

_REPLACED = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\b[\w-]+\.localhost:\d+"), "<host>"),
    (re.compile(r"\b127\.0\.0\.1:\d+"), "<host>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:\d\d)?"), "<time>"),
)


class Transcript:
    """Moments in their order, each with what was on the screen."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, moment: str, seen: str) -> None:
        """Note what was seen at a moment that has a name."""
        for pattern, replacement in _REPLACED:
            seen = pattern.sub(replacement, seen)
        self._lines += [f"== {moment}", *(line.rstrip() for line in seen.strip().splitlines())]

    @property
    def text(self) -> str:
        """Everything, for people who read why a comparison failed."""
        return "\n".join(self._lines)

    def difference(self, other: "Transcript") -> str:
        """Return a unified diff from this one to the other; empty when they agree."""
        return "\n".join(difflib.unified_diff(self._lines, other._lines, "chainlit run", "tenant", lineterm="", n=4))
