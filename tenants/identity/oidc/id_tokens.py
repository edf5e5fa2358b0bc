"""What is believed of an ID token (OpenID Connect Core 1.0, section 3.1.3.7)."""

import time
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import (
    BadSignatureError,
    ExpiredTokenError,
    InvalidKeyIdError,
    JoseError,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import KeySet

from tenants.identity.oidc.discovery import ProviderMetadata, signing_keys
from tenants.identity.oidc.errors import AnswerRefusedError, Reason

__all__ = ["read_id_token"]

SKEW_SECONDS = 60
MAXIMUM_LENGTH = 64 * 1024


def read_id_token(
    token: Any, *, metadata: ProviderMetadata, client_id: str, nonce: str, access_token: str = ""
) -> dict[str, Any]:
    """Return the claims of an ID token that this provider made for this client and this very sign-in.

    Raises ``AnswerRefusedError`` that says what is wrong, or ``ProviderUnavailableError`` where its keys cannot be
    had. A key that is not known yet makes the keys be read again, which is how providers change them.
    """
    if not isinstance(token, str) or not 0 < len(token) <= MAXIMUM_LENGTH:
        raise AnswerRefusedError(Reason.TOKEN, "there is no ID token")
    try:
        read = _decode(token, metadata)
        claims = CodeIDToken(
            read.claims,
            read.header,
            options={
                "iss": {"essential": True, "value": metadata.issuer},
                "aud": {"essential": True, "value": client_id},
            },
            params={"client_id": client_id, "nonce": nonce, "access_token": access_token},
        )
        claims.validate(now=int(time.time()), leeway=SKEW_SECONDS)
    except UnsupportedAlgorithmError as error:
        raise AnswerRefusedError(Reason.ALGORITHM, str(error)) from error
    except (BadSignatureError, InvalidKeyIdError) as error:
        raise AnswerRefusedError(Reason.SIGNATURE, str(error)) from error
    except ExpiredTokenError as error:
        raise AnswerRefusedError(Reason.EXPIRED, str(error)) from error
    except JoseError as error:
        raise AnswerRefusedError(Reason.CLAIM, str(error)) from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise AnswerRefusedError(Reason.TOKEN, type(error).__name__) from error
    if not 0 < len(claims["sub"]) <= 255:
        raise AnswerRefusedError(Reason.CLAIM, "sub is empty or too long")
    return dict(claims)


def _decode(token: str, metadata: ProviderMetadata) -> jwt.Token:
    registry = jws.JWSRegistry(algorithms=list(metadata.algorithms), strict_check_header=False)
    try:
        return jwt.decode(token, _usable(signing_keys(metadata), token), registry=registry)
    except (InvalidKeyIdError, BadSignatureError):
        # Also a signature that does not fit: providers have changed a key and kept its name.
        return jwt.decode(token, _usable(signing_keys(metadata, newer=True), token), registry=registry)


def _usable(keys: KeySet, token: str) -> KeySet:
    """Return the keys of the kind that the token's algorithm needs, so that one without a name can be found."""
    algorithm = str(jws.extract_compact(token.encode()).headers().get("alg", ""))
    kind = "EC" if algorithm.startswith("ES") else "RSA"
    return KeySet([key for key in keys if key.key_type == kind])
