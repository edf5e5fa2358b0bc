"""An operator's session in a browser: half begun, open, ended.

Between the first factor and the second nobody is signed in: the session says who has begun, and Django knows no user.
So no page needs to ask how far somebody is. What is left is a session from before a second factor was required or set
up; whoever has such a one is nobody either (``current_operator``).
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user, login
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from controlplane.operators.models import OpenSession
from controlplane.operators.sign_in.auditing import note
from controlplane.operators.sign_in.policy import has_second_factor, second_factor_is_required
from tenants.identity.visit import Visit

__all__ = [
    "METHOD", "Begun", "begin", "begun", "complete", "confirm", "current_operator", "end_sessions", "is_confirmed",
]  # fmt: skip

BEGUN, PROVED, METHOD = "operator_begun", "operator_proved", "operator_method"
CONFIRMED_AT = "operator_confirmed_at"
SECONDS_TO_FINISH = 10 * 60
SECONDS_CONFIRMED = 10 * 60
"""How long after a factor was proved others may be changed."""
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Begun:
    """Somebody who has proved the first factor, in which way, and where they want to go."""

    operator: User
    method: str
    target: str


def begin(request: HttpRequest, operator: User, *, method: str, target: str) -> None:
    """Note who has proved the first factor. Whatever the session held before is gone, and so is its key."""
    request.session.flush()
    request.session[BEGUN] = {
        "operator": operator.pk,
        "hash": operator.get_session_auth_hash(),
        "at": int(time.time()),
        "method": method,
        "target": target,
    }
    rotate_token(request)


def begun(request: HttpRequest) -> Begun | None:
    """Return who has begun; nobody where that was too long ago, or password or account have changed since."""
    said: dict[str, Any] | None = request.session.get(BEGUN)
    if said is None or not 0 <= time.time() - said["at"] <= SECONDS_TO_FINISH:
        return None
    operator = User.objects.filter(pk=said["operator"], is_active=True, is_staff=True).first()
    if operator is None or not constant_time_compare(said["hash"], operator.get_session_auth_hash()):
        return None
    return Begun(operator, said["method"], said["target"])


def complete(request: HttpRequest, operator: User, *, method: str, proved: bool) -> None:
    """Sign the operator in, under a session key that nobody has seen before."""
    request.session.flush()
    login(request, operator, backend="django.contrib.auth.backends.ModelBackend")
    if proved:
        request.session[PROVED] = operator.pk
    request.session[METHOD] = method
    request.session[CONFIRMED_AT] = int(time.time())
    _note_open(request, operator)
    note("operator.sign_in", operator.get_username(), Visit.of(request), method=method)


def confirm(request: HttpRequest, *, proved: bool) -> None:
    """Note that the signed-in operator has proved just now who they are (``proved``: by a second factor)."""
    if proved:
        request.session[PROVED] = request.user.pk
    request.session[CONFIRMED_AT] = int(time.time())


def is_confirmed(request: HttpRequest) -> bool:
    """Say whether the operator proved a moment ago who they are, so that factors may be changed."""
    return bool(0 <= time.time() - request.session.get(CONFIRMED_AT, 0) <= SECONDS_CONFIRMED)


def current_operator(request: HttpRequest) -> User | AnonymousUser:
    """Return who is signed in by as much as this platform asks for, else nobody."""
    user = get_user(request)
    if not isinstance(user, User):
        return AnonymousUser()
    proved = request.session.get(PROVED) == user.pk
    if not proved and (second_factor_is_required() or has_second_factor(user)):
        return AnonymousUser()
    opened, now = _note_open(request, user), timezone.now()
    if now - opened.last_seen_at > SEEN_EVERY:
        OpenSession.objects.filter(pk=opened.pk).update(last_seen_at=now)
    return user


def end_sessions(sessions: QuerySet[OpenSession]) -> int:
    """End sessions at once and return how many there were."""
    keys = list(sessions.values_list("pk", flat=True))
    Session.objects.filter(pk__in=keys).delete()
    return len(keys)


def _note_open(request: HttpRequest, operator: User) -> OpenSession:
    """Return the row of the present session: a new one too where its key is another since a change of password."""
    visit = Visit.of(request)
    defaults = {
        "operator": operator,
        "method": request.session.get(METHOD, "")[:40],
        "address": visit.address[:45],
        "user_agent": visit.user_agent[:300],
    }
    opened, _ = OpenSession.objects.get_or_create(pk=request.session.session_key, defaults=defaults)
    return opened
