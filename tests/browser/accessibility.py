"""What axe-core finds on a page as it is, in light and in dark."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.browser.schemes import show_in

__all__ = ["expect_accessible"]

GRAVE = {"serious", "critical"}
IS_DARK = "matchMedia('(prefers-color-scheme: dark)').matches"
# A colour on its way from one scheme to the other has the contrast of neither.
# Evaluated, not polled for: Playwright polls by an eval in the page, which a Content-Security-Policy refuses.
UNTIL_SETTLED = """
Promise.allSettled(
  document.getAnimations().filter((running) => running instanceof CSSTransition).map((running) => running.finished)
).then(() => true)
"""


async def expect_accessible(page: Page) -> None:
    """Fail with axe's own words where a page has a serious or critical finding; the page stays as it was."""
    before = "dark" if await page.evaluate(IS_DARK) else "light"
    found = []
    for scheme in ("light", "dark"):
        await show_in(page, scheme)
        await page.evaluate(UNTIL_SETTLED)
        results = await Axe().run(page)
        found += [
            f"{scheme}: {violation['help']}: {node['target']} {node['failureSummary']}"
            for violation in results.response["violations"]
            if violation["impact"] in GRAVE
            for node in violation["nodes"]
        ]
    await show_in(page, before)
    assert not found, "\n".join(found)
