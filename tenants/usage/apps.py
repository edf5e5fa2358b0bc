"""Django's entry for the figures of use."""

from django.apps import AppConfig


class UsageConfig(AppConfig):
    """Tables of the public schema, so that one query answers for every tenant."""

    name = "tenants.usage"
    label = "usage"
    verbose_name = "Usage"
