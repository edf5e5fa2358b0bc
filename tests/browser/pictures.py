"""Pictures of a page as people have it: wide and on a phone, in light and in dark."""

from collections.abc import Awaitable, Callable
from typing import Any

__all__ = ["photograph_everywhere"]

SCREENS = (("wide", 1280, 900), ("phone", 390, 844))


async def _by_preference(person: Any, scheme: str) -> None:
    await person.page.emulate_media(color_scheme=scheme)


async def photograph_everywhere(
    person: Any, name: str, *, show_in: Callable[[Any, str], Awaitable[None]] = _by_preference
) -> None:
    """Keep pictures of the page on both screens in both schemes, none of them wider than its screen.

    ``show_in`` turns a page to a scheme, where it does not follow the browser's preference.
    """
    for scheme in ("light", "dark"):
        await show_in(person, scheme)
        for size, width, height in SCREENS:
            await person.page.set_viewport_size({"width": width, "height": height})
            await person.photograph(f"{name}-{size}-{scheme}")
            overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            assert not await person.page.evaluate(overflow), f"{name} is wider than a {size} screen"
    await show_in(person, "light")
    await person.page.set_viewport_size({"width": 1280, "height": 900})
