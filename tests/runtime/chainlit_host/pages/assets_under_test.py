"""Published files for tests, as the control plane describes them."""

from tenants.contract.state import Asset, AssetRole, FontFace, Rendition

CDN = "https://cdn.example/t"


def asset(role, extension="png", *, width=None, height=None, size=1000, base=CDN, **more):
    """Return an asset whose address and hash follow from what it is."""
    kinds = {"svg": "image/svg+xml", "css": "text/css", "js": "text/javascript", "woff2": "font/woff2"}
    name = f"{role.value}-{more.get('name', '')}{width or ''}.{extension}"
    return Asset(
        role=role,
        url=f"{base}/{name}",
        content_type=kinds.get(extension, f"image/{extension}"),
        sha256="ab" * 32,
        size=size,
        width=width,
        height=height,
        **more,
    )


def rendition(width, extension, size, *, height=None, base=CDN):
    """Return another file of a picture."""
    content_type = f"image/{extension}"
    return Rendition(
        url=f"{base}/{width}.{extension}",
        content_type=content_type,
        sha256="cd" * 32,
        size=size,
        width=width,
        height=height or width,
    )


def favicon_set(**more):
    """Return a favicon with all sizes that the pipeline makes."""
    sizes = tuple(rendition(width, "png", width * 10) for width in (16, 32, 180, 192, 512))
    return asset(AssetRole.FAVICON, width=512, height=512, srcset=sizes, **more)


def font(name="regular", weight="400", **more):
    """Return a font file."""
    return asset(AssetRole.FONT, "woff2", name=name, font=FontFace("Own Sans", weight, "normal"), **more)
