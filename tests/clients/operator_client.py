"""An operator at the admin, over HTTP as a browser without scripts does it."""

import re
from typing import Self

import httpx

__all__ = ["OperatorClient"]


class OperatorClient:
    """Signs in at ``/admin/`` of a platform behind a gateway, suspends, resumes and restores tenants."""

    def __init__(self, port: int) -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"host": f"localhost:{port}"},
            follow_redirects=True,
            timeout=30,
        )

    def sign_in(self, email: str, password: str) -> None:
        """Submit the sign-in form; raises ``ValueError`` when it is refused."""
        answer = self._submit("/admin/login/", {"username": email, "password": password, "next": "/admin/"})
        if 'name="password"' in answer.text:
            raise ValueError("The operator was refused.")

    def suspend(self, tenant: str) -> None:
        """Suspend the tenant of that name."""
        self._set_status("suspend", tenant)

    def resume(self, tenant: str) -> None:
        """Serve the tenant of that name again."""
        self._set_status("resume", tenant)

    def restore(self, tenant: str, revision: int) -> None:
        """Bring back what was live of the tenant of that name with that revision."""
        page = f"/admin/registry/tenant/{self._id_of(tenant)}/publications/"
        answer = self._submit(page, {"command": "restore", "revision": str(revision)}).raise_for_status()
        if not re.search(r"Published as revision|Nothing changed", answer.text):
            raise ValueError(f"Revision {revision} of {tenant} was not brought back.")

    def _set_status(self, verb: str, tenant: str) -> None:
        tenant_id = self._id_of(tenant)
        page = f"/admin/registry/tenant/{verb}/?tenant={tenant_id}"
        self._submit(page, {"tenant": tenant_id, "note": ""}).raise_for_status()

    def _id_of(self, tenant: str) -> str:
        listed = self._client.get("/admin/registry/tenant/", params={"q": tenant}).text
        found = re.search(r"/admin/registry/tenant/([0-9a-f-]{36})/change/", listed)
        if found is None:
            raise ValueError(f"There is no tenant {tenant}.")
        return found[1]

    def _submit(self, page: str, values: dict[str, str]) -> httpx.Response:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self._client.get(page).text)
        if token is None:
            raise ValueError(f"{page} has no form.")
        return self._client.post(page, data={**values, "csrfmiddlewaretoken": token[1]})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
