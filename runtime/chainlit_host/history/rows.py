"""Rows of the tables as Chainlit's dictionaries, and the other way round."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from chainlit.element import Element, ElementDict
from chainlit.step import StepDict
from chainlit.types import FeedbackDict, ThreadDict

from runtime.chainlit_host.history.database import Row

__all__ = [
    "element_of", "element_values", "is_uuid", "moment", "step_of", "step_values", "stored_json", "stored_text",
    "thread_of",
]  # fmt: skip

REPLACEMENT = "\ufffd"
_NUL_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_FLAGS = {"True": True, "False": False}


def is_uuid(value: object) -> bool:
    """Say whether an id can be one of a row; clients send any text."""
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True


def moment(value: object) -> datetime | None:
    """Return an app's time stamp with its zone; Chainlit writes UTC, with and without saying so."""
    if not isinstance(value, str) or not value:
        return None
    read = datetime.fromisoformat(value)
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


def stored_text(value: object) -> str | None:
    """Return a text as Postgres can hold it: without NUL and halves of characters, which people can send."""
    if value is None:
        return None
    text = str(value).replace("\x00", REPLACEMENT)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def stored_json(value: object) -> str:
    """Return JSON as Postgres can hold it, as for text; what has no form in JSON is written as its text."""
    return _NUL_ESCAPE.sub(r"\1" + REPLACEMENT, stored_text(json.dumps(value, default=str, ensure_ascii=False)) or "")


def step_values(step: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what ``CREATE_STEP`` takes after the thread and its owner, without the revision."""
    created = moment(step.get("createdAt")) or datetime.now(UTC)
    shown = step.get("showInput")
    return (
        step["id"],
        step.get("parentId") or None,
        stored_text(step.get("type")) or "undefined",
        *(stored_text(step.get(name)) for name in ("name", "input", "output")),
        stored_json(step.get("metadata") or {}),
        _texts_or_none(step.get("tags")),
        stored_text(step.get("language")),
        _json_or_none(step.get("generation")),
        stored_text(step.get("command")),
        _json_or_none(step.get("modes")),
        None if shown is None else str(shown),
        step.get("defaultOpen"),
        step.get("autoCollapse"),
        step.get("waitForAnswer"),
        bool(step.get("isError")),
        created,
        moment(step.get("start")) or created,
        moment(step.get("end")),
    )


def step_of(row: Row) -> StepDict:
    """Return a stored step as Chainlit and its page know it."""
    shown = row["showInput"]
    step = {
        "id": row["id"],
        "threadId": row["threadId"],
        "parentId": row["parentId"],
        "name": row["name"] or "",
        "type": row["type"],
        "input": row["input"] or "",
        "output": row["output"] or "",
        "metadata": json.loads(row["metadata"]),
        "tags": row["tags"],
        "language": row["language"],
        "generation": _parsed(row["generation"]),
        "command": row["command"],
        "modes": _parsed(row["modes"]),
        "showInput": _FLAGS.get(shown, shown),
        "defaultOpen": row["defaultOpen"],
        "autoCollapse": row["autoCollapse"],
        "waitForAnswer": row["waitForAnswer"],
        "isError": row["isError"],
        "streaming": False,
        "createdAt": _text(row["createdAt"]),
        "start": _text(row["startTime"]),
        "end": _text(row["endTime"]),
        "feedback": _feedback_of(row),
    }
    return cast("StepDict", step)


def element_values(element: Element, object_key: str | None) -> tuple[Any, ...]:
    """Return what ``CREATE_ELEMENT`` takes after the thread and its owner."""
    described = element.to_dict()
    player, props = described.get("playerConfig"), described.get("props")
    kept = ("size", "language", "display", "type", "page")
    return (
        element.id,
        element.for_id or None,
        stored_json({name: described.get(name) for name in kept}),
        stored_text(element.mime),
        stored_text(element.name) or "",
        object_key,
        stored_text(element.url),
        stored_text(element.chainlit_key),
        stored_text(element.display),
        stored_text(described.get("size")),
        stored_text(element.language),
        described.get("page"),
        stored_json(props or {}),
        described.get("autoPlay"),
        _json_or_none(player),
    )


def element_of(row: Row, url: str | None) -> ElementDict:
    """Return a stored element; ``url`` is where its content can be read for a while."""
    metadata = json.loads(row["metadata"])
    return ElementDict(
        id=row["id"],
        threadId=row["threadId"],
        type=metadata.get("type") or "file",
        url=url,
        name=row["name"],
        mime=row["mime"],
        objectKey=row["objectKey"],
        forId=row["stepId"],
        # The session that had the file under this key is over; with it the page would look there first.
        chainlitKey=None,
        display=row["display"],
        size=row["size"],
        language=row["language"],
        page=row["page"],
        props=_parsed(row["props"]) or {},
        autoPlay=row["autoPlay"],
        playerConfig=_parsed(row["playerConfig"]),
    )


def thread_of(
    row: Row, *, created: datetime, steps: list[StepDict] | None = None, elements: list[ElementDict] | None = None
) -> ThreadDict:
    """Return a stored thread; ``created`` is the time that the page shows."""
    return ThreadDict(
        id=row["id"],
        createdAt=_text(created) or "",
        name=row["name"],
        userId=row["userId"],
        userIdentifier=row["userIdentifier"],
        tags=row["tags"],
        metadata=json.loads(row["metadata"]),
        steps=steps or [],
        elements=elements or [],
    )


def _feedback_of(row: Row) -> FeedbackDict | None:
    if row.get("feedback_id") is None:
        return None
    return FeedbackDict(
        forId=row["id"],
        id=row["feedback_id"],
        value=1 if row["feedback_value"] > 0 else 0,
        comment=row["feedback_comment"],
    )


def _text(value: datetime | None) -> str | None:
    # With a Z: Chainlit puts one behind whatever has none, an offset included.
    return None if value is None else value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _json_or_none(value: object) -> str | None:
    return None if value is None else stored_json(value)


def _texts_or_none(values: Iterable[object] | None) -> list[str | None] | None:
    return None if values is None else [stored_text(value) for value in values]


def _parsed(value: str | None) -> Any:
    return None if value is None else json.loads(value)
