"""The question in the browser that asked it: whoever comes with the answer must be the one who asked.

Each question has a cookie of its own, so that sign-ins in several tabs do not disturb each other. It is signed for the
tenant, and gone after some minutes.
"""

from dataclasses import dataclass
from typing import TypeVar

from django.core import signing
from django.http import HttpRequest, HttpResponse

from tenants.identity.models import IdentityProvider
from tenants.registry.models import Tenant

__all__ = ["QUESTION_SECONDS", "Question", "forget_question", "recall_question", "remember_question"]

QUESTION_SECONDS = 600
PATH = "/settings/sign-in/"

Answer = TypeVar("Answer", bound=HttpResponse)


@dataclass(frozen=True)
class Question:
    """What was asked of which provider, and where to go on; ``tester`` is the member who only tries it, or empty."""

    id: str
    provider: str
    next: str
    tester: str = ""


def remember_question(request: HttpRequest, response: Answer, tenant: Tenant, question: Question) -> Answer:
    """Give the browser the question that it takes to the provider."""
    value = signing.dumps(
        [question.id, question.provider, question.next, question.tester], salt=_salt(tenant), compress=True
    )
    response.set_cookie(
        _name(question.id),
        value,
        max_age=QUESTION_SECONDS,
        path=PATH,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


def recall_question(
    request: HttpRequest, tenant: Tenant, provider: IdentityProvider, question_id: str
) -> Question | None:
    """Return a question that this browser was given lately for this provider, or None."""
    try:
        values = signing.loads(
            request.COOKIES.get(_name(question_id), ""), salt=_salt(tenant), max_age=QUESTION_SECONDS
        )
    except signing.BadSignature:
        return None
    question = Question(*values)
    return question if (question.id, question.provider) == (question_id, provider.pk) else None


def forget_question(response: Answer, question_id: str) -> Answer:
    """Take a question from the browser."""
    response.delete_cookie(_name(question_id), path=PATH, samesite="Lax")
    return response


def _name(question_id: str) -> str:
    return f"saml{question_id[:17]}"


def _salt(tenant: Tenant) -> str:
    return f"tenants.identity.saml.{tenant.pk}"
