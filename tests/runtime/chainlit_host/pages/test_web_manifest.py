"""The web app manifest of a tenant."""

import msgspec
import pytest

from runtime.chainlit_host.pages.web_manifest import web_manifest
from tenants.contract.state import AssetRole, Branding, Palette, Theme
from tests.runtime.chainlit_host.pages.assets_under_test import asset, favicon_set
from tests.runtime.registry import make_state


def _manifest(*assets, theme=Theme.LIGHT, name="Acme", **branding):
    state = msgspec.structs.replace(make_state("acme"), assets=assets, branding=Branding(display_name=name, **branding))
    return web_manifest(state, name=name, description="", theme=theme, fallback_icon="image/svg+xml")


def test_icons_of_home_screens_come_from_the_upload():
    assert [(icon["sizes"], icon["type"]) for icon in _manifest(favicon_set())["icons"]] == [
        ("192x192", "image/png"),
        ("512x512", "image/png"),
    ]


@pytest.mark.parametrize(
    ("assets", "icon"),
    [
        ((), ("/favicon", "any", "image/svg+xml")),
        ((asset(AssetRole.FAVICON, "svg"),), ("https://cdn.example/t/favicon-.svg", "any", "image/svg+xml")),
        (
            (asset(AssetRole.FAVICON, width=64, height=64),),
            ("https://cdn.example/t/favicon-64.png", "64x64", "image/png"),
        ),
    ],
)
def test_where_there_are_no_sizes_the_icon_is_named_as_it_is(assets, icon):
    [named] = _manifest(*assets)["icons"]

    assert (named["src"], named["sizes"], named["type"]) == icon


def test_colours_are_those_of_the_theme_that_is_shown_first():
    colours = {"light": Palette(primary="#2563eb"), "dark": Palette(background="#101010")}

    light, dark = _manifest(**colours), _manifest(theme=Theme.DARK, **colours)

    assert (light["theme_color"], light["background_color"]) == ("#2563eb", "#ffffff")
    assert (dark["theme_color"], dark["background_color"]) == ("#101010", "#101010")


@pytest.mark.parametrize(
    ("name", "short"),
    [("Acme", "Acme"), ("Acme Assistant", "Acme"), ("Donaudampfschifffahrt GmbH", "Donaudampfs…")],
)
def test_a_long_name_is_cut_where_a_home_screen_would(name, short):
    assert _manifest(name=name)["short_name"] == short
