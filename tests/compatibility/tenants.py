"""The tenants that share one runtime process: two or more an app, of different brand and environment."""

from collections.abc import Mapping
from typing import Any

from tests.compatibility.app_settings import display_name
from tests.compatibility.performance import Scenario
from tests.compatibility.scenarios import SCENARIOS
from tests.runtime.chainlit_host.tenants_under_test import document

__all__ = ["other_slug", "tenants"]


def tenants(services: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the documents of all tenants: for each app one that leaves it as it is, and one of another brand."""
    return [
        document
        for scenario in SCENARIOS.values()
        for document in (_as_it_is(scenario, services), _of_another_brand(scenario, services))
    ]


def other_slug(scenario: Scenario) -> str:
    """Return the app's second tenant."""
    return f"{scenario.slug}-two"


def _as_it_is(scenario: Scenario, services: Mapping[str, str]) -> dict[str, Any]:
    return _document(scenario, services, scenario.slug, {"display_name": display_name(scenario.app)})


def _of_another_brand(scenario: Scenario, services: Mapping[str, str]) -> dict[str, Any]:
    branding = {
        "display_name": f"Two of {scenario.app}",
        "description": "The same app under another name",
        "light": {"primary": "#0f766e"},
        "font": "serif",
    }
    return _document(scenario, services, other_slug(scenario), branding)


def _document(scenario: Scenario, services: Mapping[str, str], slug: str, branding: dict[str, Any]) -> dict[str, Any]:
    return document(
        slug,
        **{
            "app": scenario.app,
            "mode": "app",
            "branding": branding,
            "environment": {**scenario.environment_with(services), "TENANT_OF_THE_APP": slug},
            **scenario.tenant,
        },
    )
