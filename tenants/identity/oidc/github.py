"""Who somebody is at GitHub, which has OAuth 2.0 but no ID tokens: its API says it to whoever has the access token."""

from typing import Any

from tenants.identity.oidc.documents import read_json, send
from tenants.identity.oidc.errors import AnswerRefusedError, Reason
from tenants.outbound.client import open_client

__all__ = ["API", "AUTHORIZATION_ENDPOINT", "TOKEN_ENDPOINT", "read_person"]

AUTHORIZATION_ENDPOINT = "https://github.com/login/oauth/authorize"
TOKEN_ENDPOINT = "https://github.com/login/oauth/access_token"  # noqa: S105 - an address
API = "https://api.github.com"


def read_person(access_token: str) -> dict[str, Any]:
    """Return what GitHub knows, as the claims of OpenID Connect: the number that never changes, name, e-mail address.

    Only the primary address counts, and as verified when GitHub has verified it. Raises ``AnswerRefusedError`` or
    ``ProviderUnavailableError``.
    """
    headers = {"Authorization": f"Bearer {access_token}", "X-GitHub-Api-Version": "2022-11-28"}
    user = read_json(f"{API}/user", headers=headers)
    if not isinstance(user.get("id"), int) or isinstance(user["id"], bool):
        raise AnswerRefusedError(Reason.PERSON, "GitHub names no user")
    with open_client() as client:
        answer = send(lambda: client.get(f"{API}/user/emails", headers=headers))
    try:
        listed = answer.json() if answer.status_code == 200 else []
    except ValueError as error:
        raise AnswerRefusedError(Reason.DOCUMENT, "GitHub's list of addresses cannot be read") from error
    addresses = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    primary: dict[str, Any] = next((entry for entry in addresses if entry.get("primary") is True), {})
    return {
        "sub": str(user["id"]),
        "name": user.get("name") or user.get("login"),
        "email": primary.get("email"),
        "email_verified": primary.get("verified") is True,
    }
