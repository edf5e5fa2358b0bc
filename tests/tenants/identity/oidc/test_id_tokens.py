"""Which ID tokens are believed, and how the keys that sign them are learned."""

import base64
import hmac
import json
import time

import pytest
from joserfc import jws, jwt
from joserfc.jwk import OctKey, RSAKey

from tenants.identity.models import ExternalIdentity
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tests.tenants.identity.oidc.journeys import (
    REFUSED,
    begin,
    come_back,
    come_in,
    error_of,
    is_signed_in,
    sign_ins,
)
from tests.tenants.identity.oidc.provider import CLIENT_ID
from tests.tenants.portal.conftest import browser

FORGED = {
    "another issuer": {"iss": "http://127.0.0.1:1"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "client-2"},
    "no audience": {"aud": None},
    "several audiences and no party": {"aud": [CLIENT_ID, "client-2"]},
    "another party": {"aud": [CLIENT_ID, "client-2"], "azp": "client-2"},
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "expired": {"exp": int(time.time()) - 3600},
    "no expiry": {"exp": None},
    "an expiry that is no number": {"exp": "tomorrow"},
    "made in the future": {"iat": int(time.time()) + 3600},
    "not valid yet": {"nbf": int(time.time()) + 3600},
    "nobody": {"sub": None},
    "an empty name": {"sub": ""},
    "a name that is a number": {"sub": 7},
    "a name too long": {"sub": "x" * 256},
    "another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("claims", FORGED.values(), ids=FORGED)
def test_a_token_that_is_not_for_this_sign_in_signs_nobody_in(acme, globex, provider, offer, claims):
    offer(acme, provider)
    client = browser(acme)
    assert error_of(come_in(client, provider, **claims)) == REFUSED
    assert not is_signed_in(client)
    with tenant_schema(acme):
        assert not ExternalIdentity.objects.exists()
        assert not Member.objects.filter(email="ann@acme.example").exists()
    entry = AuditEntry.objects.get(action="sign_in.refuse")
    assert (entry.tenant_id, entry.method, entry.changes) == (acme.pk, "company", {"reason": REFUSED})


def test_small_differences_of_clocks_are_borne(acme, provider, offer):
    offer(acme, provider)
    now = int(time.time())
    assert come_in(browser(acme), provider, iat=now + 30, nbf=now + 30, exp=now - 20)["Location"] == "/"


def unsigned(provider) -> str:
    return jwt.encode({"alg": "none"}, {"sub": "ann-1"}, OctKey.generate_key(), registry=_any("none"))


def signed_with_the_public_key(provider) -> str:
    """Make by hand what libraries refuse to make: HS256 with a secret that everybody can read."""
    parts = ({"alg": "HS256", "kid": "first"}, _claims(provider))
    signed = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    signature = hmac.digest(provider.key.as_pem(private=False), signed, "sha256")
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def signed_by_somebody_else(provider) -> str:
    return jwt.encode({"alg": "RS256", "kid": "first"}, _claims(provider), RSAKey.generate_key(2048))


def signed_by_a_key_it_brings_along(provider) -> str:
    key = RSAKey.generate_key(2048, {"kid": "own"})
    header = {"alg": "RS256", "kid": "own", "jwk": key.as_dict(private=False)}
    return jwt.encode(header, _claims(provider), key)


def changed_after_it_was_signed(provider) -> str:
    head, _, signature = jwt.encode({"alg": "RS256", "kid": "first"}, {"sub": "x"}, provider.key).split(".")
    body = signed_by_somebody_else(provider).split(".")[1]
    return f"{head}.{body}.{signature}"


def _any(algorithm: str) -> jws.JWSRegistry:
    return jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)


def _claims(provider) -> dict[str, object]:
    now = int(time.time())
    return {"iss": provider.issuer, "aud": CLIENT_ID, "sub": "ann-1", "iat": now, "exp": now + 300}


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    "forge",
    [
        unsigned, signed_with_the_public_key, signed_by_somebody_else, signed_by_a_key_it_brings_along,
        changed_after_it_was_signed, lambda _provider: "no token", lambda _provider: "a.b.c",
        lambda _provider: "x" * 70_000, lambda _provider: "e30.e30.",
    ],
    ids=["none", "HS256", "other key", "own key", "changed", "words", "dots", "long", "empty"],
)  # fmt: skip
def test_a_token_that_the_provider_did_not_sign_signs_nobody_in(acme, provider, offer, forge):
    offer(acme, provider)
    # Also where the provider itself would take such signatures.
    provider.configuration = {"id_token_signing_alg_values_supported": ["RS256", "HS256", "none"]}
    client = browser(acme)
    answer = provider.authorize(begin(client))
    provider.id_token = forge(provider)
    assert error_of(come_back(client, answer)) == REFUSED
    assert sign_ins(acme) == 0


def test_a_key_that_is_new_is_learned_at_once_and_unknown_ones_are_asked_for_at_a_bounded_rate(acme, provider, offer):
    offer(acme, provider)
    assert come_in(browser(acme), provider)["Location"] == "/"
    assert provider.questions("/jwks") == 1
    provider.rotate("second")
    documents_are_older()
    assert come_in(browser(acme), provider)["Location"] == "/"
    assert provider.questions("/jwks") == 2
    provider.key = RSAKey.generate_key(2048, {"kid": "third"})
    provider.header = {"alg": "RS256", "kid": "third"}
    for _ in range(3):
        assert error_of(come_in(browser(acme), provider)) == REFUSED
    assert provider.questions("/jwks") == 2
    assert provider.questions("/.well-known/openid-configuration") == 1


def documents_are_older() -> None:
    """Let half a minute have passed since the documents were read."""
    from tenants.identity.oidc.documents import AGAIN_SECONDS, documents

    for kept in documents._kept.values():
        kept.read_at -= AGAIN_SECONDS
