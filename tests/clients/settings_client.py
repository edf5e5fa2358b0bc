"""A tenant's administrator at the settings page, over HTTP as a browser without scripts does it."""

import re
from collections.abc import Mapping
from typing import Any, Self

import httpx

__all__ = ["SettingsClient"]


class SettingsClient:
    """Signs in at ``/settings/`` of one tenant behind a gateway and submits its forms."""

    def __init__(self, port: int, tenant: str) -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"host": f"{tenant}.localhost:{port}"},
            follow_redirects=True,
            timeout=30,
        )

    def sign_in(self, email: str, password: str) -> httpx.Response:
        """Submit the sign-in form and return where it led."""
        return self.submit("/settings/sign-in/", {"email": email, "password": password})

    def get(self, path: str, **options: Any) -> httpx.Response:
        """GET a page."""
        return self._client.get(path, **options)

    def submit(self, path: str, values: Mapping[str, str], *, page: str | None = None) -> httpx.Response:
        """POST a form with the CSRF token of the page it stands on (``path`` itself unless told otherwise)."""
        return self._client.post(path, data={**values, "csrfmiddlewaretoken": self._token(page or path)})

    def change_branding(self, **values: str) -> httpx.Response:
        """Submit the branding form with its present values but for those that are named."""
        page = self._client.get("/settings/branding/").text
        present = {
            name: _value(page, name)
            for name in ("display_name", "light_primary", "light_background", "light_accent", "dark_primary",
                         "dark_background", "dark_accent")
        }  # fmt: skip
        chosen = {name: _choice(page, name) for name in ("default_theme", "font")}
        return self.submit("/settings/branding/", {**present, **chosen, **values})

    def upload_image(self, role: str, name: str, content: bytes) -> httpx.Response:
        """Upload a file as the page's script does and return the last answer: of the first step that is refused."""
        token = {"csrfmiddlewaretoken": self._token("/settings/branding/")}
        as_script = {"accept": "application/json"}
        begun = self._client.post(f"/settings/files/{role}/", data={**token, "file_name": name}, headers=as_script)
        if begun.is_error:
            return begun
        ticket = begun.json()["upload"]
        stored = self._client.post(ticket["url"], data=ticket["fields"], files={"file": (name, content)})
        if stored.is_error:
            self._client.post(ticket["cancel_url"], data=token, headers=as_script)
            return stored
        return self._client.post(ticket["finish_url"], data=token, headers=as_script)

    def file_state(self, role: str, name: str = "") -> dict[str, Any]:
        """Return how far the file of a place is."""
        places: list[dict[str, Any]] = self._client.get("/settings/files/states/").json()["places"]
        return next(place for place in places if place["key"] == f"{role}/{name}")

    def _token(self, page: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self._client.get(page).text)
        if found is None:
            raise ValueError(f"{page} has no form")
        return found[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()


def _choice(page: str, name: str) -> str:
    for button in re.findall(r"<input[^>]*type=\"radio\"[^>]*>", page):
        if f'name="{name}"' in button and " checked" in button and (found := re.search(r'value="([^"]*)"', button)):
            return found[1]
    return ""


def _value(page: str, name: str) -> str:
    for field in re.findall(r"<input[^>]*>", page):
        if f'name="{name}"' in field and (found := re.search(r'value="([^"]*)"', field)):
            return found[1]
    return ""
