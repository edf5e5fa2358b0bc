"""Celery tasks of the registry. They parse, call one service and present nothing."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from tenants.registry.models import EnvironmentRollout, Provisioning
from tenants.registry.services.previews import sweep_previews
from tenants.registry.services.provisioning import run_provisioning
from tenants.registry.services.revisions import prune_revisions
from tenants.registry.services.shared_environment import run_rollout

__all__ = [
    "provision",
    "prune_old_revisions",
    "remove_old_previews",
    "resume_environment_rollouts",
    "resume_provisionings",
    "roll_out_environment",
]

STALE_AFTER = timedelta(seconds=20)


@shared_task
def provision(provisioning_id: str) -> None:
    """Carry one provisioning to its end."""
    run_provisioning(provisioning_id)


@shared_task
def resume_provisionings() -> None:
    """Go on with provisionings whose worker died or whose message was lost with the broker."""
    stale = Provisioning.objects.filter(state__in=Provisioning.OPEN_STATES, updated_at__lt=timezone.now() - STALE_AFTER)
    for provisioning_id in stale.values_list("pk", flat=True):
        run_provisioning(provisioning_id)


@shared_task
def roll_out_environment(rollout_id: str) -> None:
    """Bring a change of shared variables to every tenant it concerns."""
    run_rollout(rollout_id)


@shared_task
def resume_environment_rollouts() -> None:
    """Go on with rollouts whose worker died or whose message was lost with the broker."""
    stale = EnvironmentRollout.objects.filter(finished_at=None, updated_at__lt=timezone.now() - STALE_AFTER)
    for rollout_id in stale.values_list("pk", flat=True):
        run_rollout(rollout_id)


@shared_task
def prune_old_revisions() -> None:
    """Remove the revisions that are too old to be kept."""
    prune_revisions()


@shared_task
def remove_old_previews() -> None:
    """Remove the previews that nobody can look at any more."""
    sweep_previews()
