"""A browser gets the smallest file that it can show and that is wide enough."""

import pytest

from runtime.chainlit_host.answers.static import Redirect
from runtime.chainlit_host.pages.pictures import NegotiatedRedirect, accepted_formats, best_file, picture
from tenants.contract.state import AssetRole
from tests.runtime.chainlit_host.pages.assets_under_test import CDN, asset, rendition

AVIF, WEBP = 1, 2
LOGO = asset(
    AssetRole.LOGO_LIGHT,
    width=1000,
    height=250,
    size=90_000,
    srcset=(
        rendition(200, "webp", 2_000),
        rendition(400, "webp", 5_000),
        rendition(400, "avif", 4_000),
        rendition(1000, "avif", 20_000),
    ),
)


@pytest.mark.parametrize(
    ("formats", "width", "file"),
    [
        (0, 400, "logo_light-1000.png"),
        (WEBP, 400, "400.webp"),
        (WEBP, 150, "200.webp"),
        (AVIF, 400, "400.avif"),
        (AVIF | WEBP, 400, "400.avif"),
        (AVIF | WEBP, 150, "200.webp"),
        (AVIF | WEBP, 600, "1000.avif"),
        (WEBP, 600, "logo_light-1000.png"),
        (AVIF | WEBP, 5000, "1000.avif"),
        (0, 5000, "logo_light-1000.png"),
    ],
)
def test_the_smallest_that_is_wide_enough_or_else_the_widest(formats, width, file):
    assert best_file(LOGO, formats, width=width) == f"{CDN}/{file}"


@pytest.mark.parametrize(
    ("accept", "formats"),
    [
        (b"image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", AVIF | WEBP),
        (b"image/webp,*/*;q=0.5", WEBP),
        (b"IMAGE/AVIF ; q=0.5", AVIF),
        (b"image/avif;q=0, image/webp; q = 0.0", 0),
        (b"image/*,*/*", 0),
        (b"", 0),
        (b"image/avifx,ximage/webp,\xff", 0),
    ],
)
def test_only_what_a_browser_names_is_promised(accept, formats):
    assert accepted_formats(accept) == formats


def test_a_picture_with_a_choice_varies_and_one_without_does_not():
    chosen = picture(LOGO, width=400, cache_control="no-cache")
    drawing = picture(asset(AssetRole.LOGO_LIGHT, "svg"), width=400, cache_control="no-cache")
    alike = picture(asset(AssetRole.AVATAR, width=64, srcset=(rendition(32, "png", 2000),)), width=96, cache_control="")

    assert isinstance(chosen, NegotiatedRedirect)
    assert isinstance(drawing, Redirect)
    assert isinstance(alike, Redirect)
    answer = chosen.choose({"headers": [(b"accept", b"image/webp")]})
    assert dict(answer.headers) | {b"content-length": b"0"} == {
        b"location": f"{CDN}/400.webp".encode(),
        b"vary": b"Accept",
        b"cache-control": b"no-cache",
        b"content-length": b"0",
    }
    assert dict(chosen.choose({"headers": []}).headers)[b"location"] == LOGO.url.encode()
