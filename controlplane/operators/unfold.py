"""How django-unfold presents the operators' admin: titles, colours and the sidebar (``UNFOLD`` in the settings)."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

__all__ = ["UNFOLD"]


def _may_view(*models: str) -> Callable[[HttpRequest], bool]:
    """Return the sidebar's question whether the operator may see one of the models (``app_label.model``)."""
    permissions = [".view_".join(model.split(".")) for model in models]
    return lambda request: any(request.user.has_perm(permission) for permission in permissions)


def _may_read_outbox(request: HttpRequest) -> bool:
    """Say whether there is a folder of mails (``controlplane.operators.outbox``), and the operator may read it."""
    return bool(getattr(settings, "EMAIL_FILE_PATH", None)) and bool(request.user.is_superuser)


def _item(title: str | Promise, icon: str, url_name: str, *models: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(url_name),
        "permission": _may_view(*models) if models else lambda request: request.user.is_staff,
    }


def _shows_tenants(request: HttpRequest) -> bool:
    """Say whether a page is about tenants; what they store has an address below theirs and an entry of its own."""
    tenants, storage = reverse("admin:registry_tenant_changelist"), reverse("admin:registry_tenant_storage")
    return request.path.startswith(tenants) and request.path != storage


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Chainlit Tenants",
    "SITE_HEADER": "Chainlit Tenants",
    "SITE_SUBHEADER": "Operators",
    "SITE_SYMBOL": "hub",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("operators/favicon.svg")}
    ],
    # There is no public site on the platform's host that "View site" could lead to.
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "BORDER_RADIUS": "8px",
    "DASHBOARD_CALLBACK": "controlplane.operators.dashboard.dashboard_context",
    "STYLES": [lambda _request: static("operators/admin.css"), lambda _request: static("usage/charts.css")],
    "SCRIPTS": [lambda _request: static("operators/admin.js")],
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        },
    },
    "ACCOUNT": {
        "navigation": [
            {"title": "Your sign-in", "link": reverse_lazy("operator_security")},
            {"title": "Change password", "link": reverse_lazy("admin:password_change")},
        ],
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {"items": [_item("Dashboard", "space_dashboard", "admin:index")]},
            {
                "title": "Fleet",
                "separator": True,
                "items": [
                    _item("Tenants", "apartment", "admin:registry_tenant_changelist", "registry.tenant")
                    | {"active": _shows_tenants},
                    _item(
                        "Provisionings",
                        "rocket_launch",
                        "admin:registry_provisioning_changelist",
                        "registry.provisioning",
                    ),
                    _item(
                        "Shared environment",
                        "key",
                        "admin:registry_sharedvariable_changelist",
                        "registry.sharedvariable",
                    ),
                    _item("Storage", "database", "admin:registry_tenant_storage", "registry.tenant"),
                    _item("Publications", "history", "admin:registry_publication_changelist", "registry.publication"),
                ],
            },
            {
                "title": "Oversight",
                "separator": True,
                "items": [
                    _item(
                        _("System"), "monitor_heart", "admin:fleet_runtimeprocess_changelist", "fleet.runtimeprocess"
                    ),
                    _item("Audit log", "policy", "admin:registry_auditentry_changelist", "registry.auditentry"),
                    _item("Operators", "person", "admin:auth_user_changelist", "auth.user"),
                    _item("Groups", "group", "admin:auth_group_changelist", "auth.group"),
                    {
                        "title": "Outbox",
                        "icon": "mail",
                        "link": reverse_lazy("outbox"),
                        "permission": _may_read_outbox,
                    },
                ],
            },
        ],
    },
}
