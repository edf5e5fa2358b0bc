"""What the gateway itself answers when it cannot pass a request on."""

import html
import json
from typing import Any

__all__ = ["error_routes", "without_server_header"]

_SERVICE = "{http.vars.service}"  # named by the route that failed

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{refresh}<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 20vh auto; padding: 0 1.5rem }}
h1 {{ font-size: 1.5rem }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{text}</p>
</body>
</html>
"""


def error_routes() -> list[dict[str, Any]]:
    """Return the routes that answer errors of the gateway: JSON to programs, a page to browsers."""
    return [
        {"handle": [without_server_header()]},  # an error leaves the routes of the request behind
        *_answers(
            "{http.error.status_code} in [502, 503, 504]",
            code="service_restarting",
            title=f"{_SERVICE} is restarting",
            text="This page tries again by itself in a moment.",
            retry=True,
        ),
        *_answers(
            "{http.error.status_code} == 413",
            code="body_too_large",
            title="That is too large",
            text="The request holds more than 64 MB.",
        ),
        {"handle": [{"handler": "static_response", "status_code": "{http.error.status_code}"}]},
    ]


def without_server_header() -> dict[str, Any]:
    """Return the handler that keeps the names of our programs out of every answer."""
    return {"handler": "headers", "response": {"deferred": True, "delete": ["Server", "Via"]}}


def _answers(expression: str, *, code: str, title: str, text: str, retry: bool = False) -> list[dict[str, Any]]:
    headers: dict[str, list[str]] = {"Cache-Control": ["no-store"]} | ({"Retry-After": ["2"]} if retry else {})
    refresh = '<meta http-equiv="refresh" content="2">\n' if retry else ""
    page = _PAGE.format(title=html.escape(title), text=html.escape(text), refresh=refresh)
    error = json.dumps({"error": {"code": code, "message": f"{title}."}})
    return [
        {
            "match": [{"expression": expression, "header": {"Accept": ["*text/html*"]}}],
            "handle": [_response(page, "text/html; charset=utf-8", headers)],
            "terminal": True,
        },
        {
            "match": [{"expression": expression}],
            "handle": [_response(error, "application/json", headers)],
            "terminal": True,
        },
    ]


def _response(body: str, content_type: str, headers: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "handler": "static_response",
        "status_code": "{http.error.status_code}",
        "headers": {"Content-Type": [content_type], **headers},
        "body": body,
    }
