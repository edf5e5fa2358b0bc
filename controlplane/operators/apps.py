"""Django's entry for the operators' admin."""

from django.apps import AppConfig


class OperatorsConfig(AppConfig):
    """Admin classes, views and templates of the operators."""

    name = "controlplane.operators"
    label = "operators"
    verbose_name = "Operators"
