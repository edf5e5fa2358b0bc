"""Small words and badges that several of the operators' pages show."""

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from controlplane.operators import addresses
from tenants.registry.models import Tenant

__all__ = ["action_words", "duration", "primary_domain", "status_badge"]

register = template.Library()

BADGES = {
    Tenant.Status.ACTIVE: "success",
    Tenant.Status.SUSPENDED: "warning",
    Tenant.Status.ARCHIVED: "default",
}


@register.simple_tag
def status_badge(tenant: Tenant) -> SafeString:
    """Return the tenant's status as unfold's label."""
    return render_to_string(
        "unfold/helpers/label.html",
        {"text": tenant.get_status_display(), "type": BADGES[Tenant.Status(tenant.status)]},
    )


@register.filter
def primary_domain(tenant: Tenant) -> str:
    """Return the tenant's primary domain."""
    return addresses.primary_domain(tenant)


@register.filter
def action_words(action: str) -> str:
    """Return an audit action for people: ``chat_settings.update`` becomes ``Chat settings: update``."""
    return action.replace("_", " ").replace(".", ": ").capitalize()


@register.filter
def duration(seconds: float) -> str:
    """Return seconds as short as they can be told: ``340 ms``, ``12 s``, ``5 min``, ``3 h``."""
    if seconds < 1:
        return gettext("%(number)d ms") % {"number": round(seconds * 1000)}
    if seconds < 120:
        return gettext("%(number)d s") % {"number": round(seconds)}
    if seconds < 7200:
        return gettext("%(number)d min") % {"number": round(seconds / 60)}
    return gettext("%(number)d h") % {"number": round(seconds / 3600)}
