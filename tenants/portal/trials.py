"""What an administrator's test of a provider came to, in their session until a page tells it."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from tenants.contract.errors import DomainError
from tenants.identity.oidc.errors import SignInDeclinedError
from tenants.identity.providers.trials import Trial

__all__ = ["TrialResult", "keep_trial", "take_trial"]

SESSION_KEY = "provider_trial"
MAXIMUM_CLAIMS = 40
HIDDEN_CLAIMS = {"at_hash", "aud", "auth_time", "azp", "c_hash", "exp", "iat", "jti", "nbf", "nonce", "sid"}
"""Claims of the protocol, which say nothing about a person."""


@dataclass(frozen=True, kw_only=True)
class TrialResult:
    """A finished test as the page tells it. ``sentence`` says what a sign-in would come to, or why there is none."""

    works: bool
    sentence: str
    detail: str = ""
    claims: list[tuple[str, str]] = field(default_factory=list)


def keep_trial(request: HttpRequest, provider_id: str, outcome: Trial | DomainError) -> None:
    """Keep an outcome in the session of the administrator who tests."""
    result = _told(outcome) if isinstance(outcome, Trial) else _failed(outcome)
    request.session[SESSION_KEY] = {
        "provider": provider_id,
        "works": result.works,
        "sentence": result.sentence,
        "detail": result.detail,
        "claims": [list(claim) for claim in result.claims],
    }


def take_trial(request: HttpRequest, provider_id: str) -> TrialResult | None:
    """Return the outcome of the last test of a provider, once."""
    kept: dict[str, Any] | None = request.session.get(SESSION_KEY)
    if kept is None or kept["provider"] != provider_id:
        return None
    del request.session[SESSION_KEY]
    return TrialResult(
        works=kept["works"],
        sentence=kept["sentence"],
        detail=kept["detail"],
        claims=[(name, value) for name, value in kept["claims"]],
    )


def _told(trial: Trial) -> TrialResult:
    foreseen = trial.foreseen
    claims = [(name, _in_words(value)[:300]) for name, value in trial.claims.items() if name not in HIDDEN_CLAIMS]
    shown = sorted(claims)[:MAXIMUM_CLAIMS]
    if foreseen.refusal is not None:
        return TrialResult(
            works=False,
            sentence=f"The connection works, but {foreseen.email or 'this person'} would not be signed in.",
            detail=foreseen.refusal.message,
            claims=shown,
        )
    become = "would become a member" if foreseen.is_new else "would be signed in"
    return TrialResult(
        works=True, sentence=f"{foreseen.email} {become}, as {_with_article(foreseen.role)}.", claims=shown
    )


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_in_words, value))
    return value if isinstance(value, str) else json.dumps(value)


def _failed(error: DomainError) -> TrialResult:
    if isinstance(error, SignInDeclinedError):
        return TrialResult(works=False, sentence="The provider signed nobody in.", detail=f"It says: {error.said}.")
    detail = str(error) if str(error) != error.message else getattr(error, "detail", "")
    return TrialResult(works=False, sentence="The provider's answer could not be used.", detail=detail)


def _with_article(role: str) -> str:
    return f"an {role}" if role[:1] in "ao" else f"a {role}"
