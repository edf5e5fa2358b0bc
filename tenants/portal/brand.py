"""The tenant's brand as the settings page wears it, read from what is live."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
from django.conf import settings

from tenants.assets.storage import uploads_address
from tenants.contract.errors import NotFoundError
from tenants.contract.state import AssetRole, TenantState
from tenants.portal.contrast import ink_on, readable_on
from tenants.registry.models import Publication, Tenant

__all__ = [
    "CHAINLIT_COLOURS", "Brand", "brand_stylesheet", "image_origin", "live_publication", "read_brand", "upload_origin",
]  # fmt: skip

CHAINLIT_COLOURS = {
    "light_primary": "#f5145e", "light_background": "#ffffff", "light_accent": "#f2f2f2",
    "dark_primary": "#f5145e", "dark_background": "#212121", "dark_accent": "#424242",
}  # fmt: skip
"""What Chainlit 2.12 shows where neither tenant nor app has a colour (the custom properties of its stylesheet)."""

_OWN_ACCENT = {"light": "#3a4bc8", "dark": "#8c9bff"}
# The surfaces of portal.css on which accent-coloured text stands.
_SURFACES = {"light": "#ffffff", "dark": "#1b1b1f"}


@dataclass(frozen=True)
class Brand:
    """What the page's frame shows of the tenant."""

    name: str
    description: str
    revision: int
    images: dict[str, str]

    @property
    def initial(self) -> str:
        """The letter that stands in for a logo."""
        return self.name[:1].upper()


def live_publication(tenant: Tenant) -> Publication:
    """Return what the tenant's visitors are served now."""
    publication = Publication.objects.filter(pk=tenant.live_publication_id).first()
    if publication is None:
        raise NotFoundError("tenant_not_live", f"{tenant.name} is not live yet.")
    return publication


def read_brand(publication: Publication) -> Brand:
    """Return the brand of a publication."""
    state = msgspec.convert(publication.document, TenantState)
    images = {role.value: asset.url for role in AssetRole if (asset := state.asset(role))}
    return Brand(state.branding.display_name, state.branding.description, publication.revision, images)


def brand_stylesheet(publication: Publication) -> str:
    """Return custom properties: the accent of the page, made readable, and the colours that the preview starts with.

    Colours are of the contract's form ``#rrggbb``, so they can be written into a stylesheet as they are. The faces of
    the tenant's own font are named ``own-regular`` and so on, for samples of them; the page itself does not use them.
    """
    state = msgspec.convert(publication.document, TenantState)
    branding = state.branding
    lines = [
        f'@font-face{{font-family:"own-{font.name}";src:url("{font.url}") format("woff2");font-display:swap}}'
        for font in state.assets_of(AssetRole.FONT)
    ]
    for theme, palette in (("light", branding.light), ("dark", branding.dark)):
        accent = palette.primary or _OWN_ACCENT[theme]
        lines.append(
            f":root{{--brand-{theme}:{accent};--brand-{theme}-ink:{ink_on(accent)};"
            f"--brand-{theme}-text:{readable_on(accent, _SURFACES[theme])}}}"
        )
        shown = {
            name: getattr(palette, name) or CHAINLIT_COLOURS[f"{theme}_{name}"] for name in palette.__struct_fields__
        }
        properties = "".join(f"--preview-{name}:{colour};" for name, colour in shown.items())
        properties += "".join(f"--preview-on-{name}:{ink_on(colour)};" for name, colour in shown.items())
        lines.append(f'.preview[data-preview="{theme}"]{{{properties}}}')
    return "\n".join(lines)


def image_origin() -> str:
    """Return the origin that published images are loaded from, for the content security policy; empty for this host."""
    return _origin(settings.ENVIRONMENT.assets_base_url)


def upload_origin() -> str:
    """Return the origin that files are posted to, for the content security policy; empty for this host."""
    return _origin(uploads_address())


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
