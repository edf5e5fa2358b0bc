"""What browsers were asked to sign with their passkeys: kept for minutes, taken for one answer. Tenant's schema."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from tenants.identity.factors.passkeys import Ceremony, PasskeyRefusedError, challenge_of
from tenants.identity.models import PasskeyChallenge

__all__ = ["PROVE", "REGISTER", "keep_challenge", "take_challenge"]

LIFETIME = timedelta(minutes=10)
REGISTER, PROVE = "register", "prove"


def keep_challenge(ceremony: Ceremony, *, purpose: str, subject: UUID) -> str:
    """Keep the challenge of what a browser is asked, for a sign-in or a pending one, and return the options."""
    PasskeyChallenge.objects.filter(expires_at__lt=timezone.now()).delete()
    PasskeyChallenge.objects.create(
        challenge=ceremony.challenge, purpose=purpose, subject=subject, expires_at=timezone.now() + LIFETIME
    )
    return ceremony.options


def take_challenge(answer: str, *, purpose: str, subject: UUID) -> str:
    """Return the challenge that an answer is to, and forget it; raises ``PasskeyRefusedError`` where it is not ours."""
    challenge = challenge_of(answer)
    kept = PasskeyChallenge.objects.filter(
        challenge=challenge[:100], purpose=purpose, subject=subject, expires_at__gt=timezone.now()
    )
    if not kept.delete()[0]:
        raise PasskeyRefusedError
    return challenge
