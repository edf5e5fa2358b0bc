"""Django's entry for what is known of the running fleet."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FleetConfig(AppConfig):
    """A small table of the public schema that runtimes write to."""

    name = "tenants.fleet"
    label = "fleet"
    verbose_name = _("Fleet")
