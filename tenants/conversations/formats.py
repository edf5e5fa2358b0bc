"""Conversations as JSON Lines and as CSV, piece by piece: nothing longer than one step is ever held."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from tenants.contract.spreadsheets import csv_line
from tenants.conversations.models import Element, Feedback, Step, Thread

__all__ = ["ExportFormat", "Exported", "exported", "feedback_of"]

Exported = tuple[Thread, Step | None, list[Element]]
"""A conversation begins where there is no step; its steps with their elements follow."""

_COLUMNS = (
    "conversation", "conversation name", "person", "time", "type", "author", "text", "input", "revision", "feedback",
    "feedback comment", "files",
)  # fmt: skip


class ExportFormat(StrEnum):
    """How conversations leave."""

    JSON_LINES = "jsonl"
    CSV = "csv"

    @property
    def content_type(self) -> str:
        """The media type."""
        return "application/jsonl" if self is ExportFormat.JSON_LINES else "text/csv; charset=utf-8"


def exported(form: ExportFormat, rows: Iterable[Exported]) -> Iterator[str]:
    """Yield what a file of a form holds.

    JSON Lines: a line of each conversation with its steps. CSV: a line of each step, and cells that a spreadsheet
    would take for a formula begin with an apostrophe (OWASP, CSV injection).
    """
    return _json_lines(rows) if form is ExportFormat.JSON_LINES else _csv(rows)


def feedback_of(step: Step) -> Feedback | None:
    """Return what somebody thought of a step."""
    return getattr(step, "feedback", None)


def _json_lines(rows: Iterable[Exported]) -> Iterator[str]:
    end, comma = "", ""
    for thread, step, elements in rows:
        if step is None:
            # The line stays open for the steps to come.
            yield f'{end}{json.dumps(_thread(thread), ensure_ascii=False)[:-1]}, "steps": ['
            end, comma = "]}\n", ""
        else:
            yield f"{comma}{json.dumps(_step(step, elements), ensure_ascii=False)}"
            comma = ", "
    yield end


def _csv(rows: Iterable[Exported]) -> Iterator[str]:
    # Without this mark spreadsheets read UTF-8 as something else.
    yield "\ufeff" + csv_line(_COLUMNS)
    for thread, step, elements in rows:
        if step is None:
            continue
        feedback = feedback_of(step)
        yield csv_line((
            str(thread.pk), thread.name, _person(thread), _moment(step.created_at), step.type, step.name, step.output,
            step.input, step.revision, _rating(feedback), feedback.comment if feedback else "",
            ", ".join(element.name for element in elements),
        ))  # fmt: skip


def _thread(thread: Thread) -> dict[str, Any]:
    return {
        "id": str(thread.pk),
        "name": thread.name,
        "person": _person(thread) or None,
        "created": _moment(thread.created_at),
        "last_said": _moment(thread.updated_at),
        "tags": thread.tags,
        "metadata": thread.metadata,
    }


def _step(step: Step, elements: list[Element]) -> dict[str, Any]:
    feedback = feedback_of(step)
    return {
        "id": str(step.pk),
        "parent": str(step.parent_id) if step.parent_id else None,
        "type": step.type,
        "name": step.name,
        "input": step.input,
        "output": step.output,
        "is_error": step.is_error,
        "time": _moment(step.created_at),
        "revision": step.revision,
        "metadata": step.metadata,
        "feedback": {"rating": _rating(feedback), "comment": feedback.comment} if feedback else None,
        "elements": [
            {"name": element.name, "mime": element.mime, "url": element.url, "props": element.props}
            for element in elements
        ],
    }


def _person(thread: Thread) -> str:
    return thread.user.identifier if thread.user else ""


def _rating(feedback: Feedback | None) -> str:
    if feedback is None:
        return ""
    return "up" if feedback.value > 0 else "down"


def _moment(value: datetime) -> str:
    return value.isoformat()
