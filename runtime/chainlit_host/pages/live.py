"""What an open page is told of its tenant: enough to show a change, and marks by which it sees what else changed.

Everything here is on the tenant's page for anybody to read. Settings that depend on the person are not: the page asks
for them anew, and is answered as on any visit.
"""

from runtime.chainlit_host.apps.loading import AppUnavailableError
from runtime.chainlit_host.pages.brand import alternative_texts, described_brand
from runtime.chainlit_host.pages.index import Pages
from runtime.chainlit_host.view import TenantViews
from runtime.tenancy import TenantHandle

__all__ = ["LivePage"]


class LivePage:
    """Describes tenants for their open pages."""

    def __init__(self, views: TenantViews, pages: Pages) -> None:
        self._views = views
        self._pages = pages

    def describe(self, handle: TenantHandle) -> dict[str, object]:
        """Return values for JSON; of a tenant whose app does not run, only its name."""
        try:
            view = self._views.of(handle)
        except AppUnavailableError:
            return {"name": handle.state.branding.display_name}
        return {
            "name": view.ui.name,
            "theme": self._pages.themes_of(handle),
            "idle": handle.state.access.idle_seconds,
            "alts": alternative_texts(handle.state, view.ui.login_page_image),
            **self._pages.sign_in_of(handle.state),
            **described_brand(self._pages.shown_state(handle)),
            **self._pages.marks_of(handle),
        }
