"""Pictures of a page as people have it: wide and on a phone, in light and in dark."""

from typing import Any

from tests.browser.schemes import show_in

__all__ = ["photograph_everywhere"]

SCREENS = (("wide", 1280, 900), ("phone", 390, 844))


async def photograph_everywhere(person: Any, name: str) -> None:
    """Keep pictures of the page on both screens in both schemes, none of them wider than its screen."""
    for scheme in ("light", "dark"):
        await show_in(person.page, scheme)
        for size, width, height in SCREENS:
            await person.page.set_viewport_size({"width": width, "height": height})
            await person.photograph(f"{name}-{size}-{scheme}")
            overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            assert not await person.page.evaluate(overflow), f"{name} is wider than a {size} screen"
    await show_in(person.page, "light")
    await person.page.set_viewport_size({"width": 1280, "height": 900})
