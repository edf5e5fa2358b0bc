"""Django's entry for the settings page."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Views, templates and static files; no tables."""

    name = "tenants.portal"
    label = "portal"
    verbose_name = "Settings page"
