"""Django's entry for the operators' admin."""

from django.apps import AppConfig


class OperatorsConfig(AppConfig):
    """Admin classes, views and templates of the operators."""

    name = "controlplane.operators"
    label = "operators"
    verbose_name = "Operators"

    def ready(self) -> None:
        """Register the checks of the settings."""
        from controlplane.operators.sign_in import policy  # noqa: F401 - importing it is what takes effect
