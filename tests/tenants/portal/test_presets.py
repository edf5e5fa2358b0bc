"""The palettes that a tenant can begin with."""

import pytest

from tenants.portal.contrast import ENOUGH, contrast_ratio, ink_on
from tenants.portal.presets import PRESETS
from tests.tenants.portal.test_previews import state_of, type_in

VISIBLE = 3
"""What is no text must be seen on what is behind it (WCAG 2.2, 1.4.11)."""


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_colour_of_a_preset_can_be_read_and_seen(preset):
    for primary, background, accent in (preset.light, preset.dark):
        for colour in (primary, background, accent):
            assert contrast_ratio(ink_on(colour), colour) >= ENOUGH, colour
        assert contrast_ratio(primary, background) >= VISIBLE
    assert ink_on(preset.light[1]) != ink_on(preset.dark[1])


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_is_taken_as_a_brand(owner_of_acme, preset):
    answer = type_in(owner_of_acme, **preset.fields).json()
    branding = state_of(answer["secret"]).branding
    assert (branding.light.primary, branding.dark.background) == (preset.light[0], preset.dark[1])


def test_the_page_offers_each_preset_by_its_name(owner_of_acme):
    page = owner_of_acme.get("/settings/branding/").content.decode()
    for preset in PRESETS:
        assert f'data-preset data-light-primary="{preset.light[0]}"' in page
        assert f"{preset.name}</button>" in page
