"""A browser without scripts at one tenant: it keeps cookies, fills forms in, and goes on only where it is told to."""

from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from lxml import html

from tests.running_stack import RunningStack

__all__ = ["Visitor"]

BROWSER = {"accept": "text/html,application/xhtml+xml"}


class Visitor:
    """Somebody at a tenant's domain, through the gateway."""

    def __init__(self, stack: RunningStack, tenant: str = "globex") -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{stack.port}",
            headers={"host": f"{tenant}.localhost:{stack.port}", **BROWSER},
            timeout=90,
        )

    @property
    def is_signed_in(self) -> bool:
        """Say whether the browser has a sign-in that opens its own page."""
        return self.open("/settings/profile/").status_code == 200

    def open(self, address: str) -> httpx.Response:
        """GET an address of the tenant's."""
        return self._client.get(_path(address))

    def post(self, address: str, values: dict[str, Any]) -> httpx.Response:
        """POST a form that stands on another site, or one of one's own making."""
        return self._client.post(_path(address), data=values)

    def submit(self, page: str, **values: Any) -> httpx.Response:
        """Fill a page's form in, the one that has these fields, and send it; what it has besides goes as it is."""
        shown = self.open(page).raise_for_status()
        for form in html.fromstring(shown.text).forms:
            if set(values) <= set(form.fields) and form.method == "POST":
                return self.post(form.action or page, {**_present(form), **values})
        raise AssertionError(f"{page} has no form with {', '.join(values)}:\n{shown.text}")

    def submit_to(self, address: str, *, page: str, **values: Any) -> httpx.Response:
        """Send a form of a page to another address than its own."""
        token = html.fromstring(self.open(page).text).xpath("string(//input[@name='csrfmiddlewaretoken']/@value)")
        return self.post(address, {**values, "csrfmiddlewaretoken": token})

    def follow(self, response: httpx.Response) -> httpx.Response:
        """Go where an answer leads, within the tenant's domain, until a page is shown."""
        while response.is_redirect:
            response = self.open(response.headers["location"])
        return response

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()


def _path(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _present(form: html.FormElement) -> dict[str, Any]:
    present: dict[str, Any] = {}
    for name, value in form.form_values():
        present.setdefault(name, []).append(value)
    return present
