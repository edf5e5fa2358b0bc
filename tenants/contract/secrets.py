"""Encryption of a tenant's secrets inside its state, and keys derived for a tenant.

Fernet (AES-128-CBC with HMAC-SHA256) through ``MultiFernet``: the first key encrypts, all keys decrypt, so keys
rotate without a pause. A token carries its tenant's id inside, so a token copied into another tenant's state is
refused. Keys are derived with HKDF-SHA256 (RFC 5869).
"""

from collections.abc import Iterable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tenants.contract.errors import DomainError

__all__ = ["SecretBox", "SecretUnreadableError", "derive_key"]


class SecretUnreadableError(DomainError):
    """A stored secret was made with a key this process does not hold, or for another tenant."""

    status = 500

    def __init__(self, tenant_id: str) -> None:
        super().__init__(
            "secret_unreadable",
            "A stored secret cannot be read with the present encryption keys.",
            details={"tenant": tenant_id},
        )


class SecretBox:
    """Encrypts and decrypts secrets with a list of Fernet keys (urlsafe base64, 32 bytes each), newest first."""

    def __init__(self, keys: Iterable[str]) -> None:
        fernets = [Fernet(key.strip()) for key in keys if key.strip()]
        if not fernets:
            raise ValueError("TENANT_ENCRYPTION_KEYS holds no key; make one with `manage.py generate_key`.")
        self._fernet, self._newest = MultiFernet(fernets), fernets[0]

    def encrypt(self, value: str, *, tenant_id: str) -> str:
        """Return a token of ``value`` that only ``tenant_id`` can have opened: a tenant, or the owner of a layer."""
        return self._fernet.encrypt(f"{tenant_id}\x00{value}".encode()).decode("ascii")

    def decrypt(self, token: str, *, tenant_id: str) -> str:
        """Return the secret, or raise ``SecretUnreadableError`` for a foreign, forged or lost-key token."""
        try:
            owner, separator, value = self._fernet.decrypt(token.encode("ascii")).decode().partition("\x00")
        except (InvalidToken, UnicodeError) as error:
            raise SecretUnreadableError(tenant_id) from error
        if not separator or owner != tenant_id:
            raise SecretUnreadableError(tenant_id)
        return value

    def rotate(self, token: str) -> str:
        """Return the token encrypted with the first key, the very same where it is already.

        Raises ``SecretUnreadableError`` where no key reads it.
        """
        try:
            self._newest.decrypt(token.encode())
        except InvalidToken:
            try:
                return self._fernet.rotate(token.encode()).decode("ascii")
            except InvalidToken as error:
                raise SecretUnreadableError("") from error
        return token


def derive_key(master: str, *, purpose: str, tenant_id: str, epoch: int = 0) -> str:
    """Return 32 bytes as hex, bound to a purpose, a tenant and that tenant's sign-out epoch."""
    info = f"chainlit-tenants/{purpose}/{tenant_id}/{epoch}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(master.encode()).hex()
