"""Django's entry for the control plane itself: templates, commands, signs of life."""

from django.apps import AppConfig


class ControlPlaneConfig(AppConfig):
    """The project as an app."""

    name = "controlplane"
    verbose_name = "Control plane"

    def ready(self) -> None:
        """Make the Celery application the one that services send to, and connect the signs of life."""
        from controlplane import celery, heartbeat, task_runs  # noqa: F401 - importing them is what takes effect
