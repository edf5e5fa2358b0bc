"""Figures of use for tests, as runtimes leave them."""

from datetime import timedelta

from tenants.contract.usage import ANSWER_BOUNDS, answer_bucket
from tenants.usage.models import KnownPerson, ModelTokens, TenantDay
from tenants.usage.reading import today


def use(tenant, *, days_ago=0, answers=(), models=None, people=(), **figures):
    """Write down a day of a tenant: ``answers`` in seconds, ``models`` with their tokens, ``people`` by any text."""
    day = today() - timedelta(days=days_ago)
    counts = [0] * (len(ANSWER_BOUNDS) + 1)
    for seconds in answers:
        counts[answer_bucket(seconds)] += 1
    models = models or {}
    TenantDay.objects.create(
        tenant=tenant, day=day, answers=counts, people=len(people), tokens=sum(models.values()), **figures
    )
    for model, tokens in models.items():
        ModelTokens.objects.create(tenant=tenant, day=day, model=model, tokens=tokens)
    for person in people:
        KnownPerson.objects.update_or_create(tenant=tenant, person=person.encode(), defaults={"last_day": day})
