"""Performs scenarios in the background, a few at a time, so that servers start while browsers are busy elsewhere."""

import asyncio
import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest
from playwright.async_api import Browser, async_playwright

from tests.compatibility.performance import Scenario
from tests.compatibility.person import Person
from tests.compatibility.servers import StockServer
from tests.compatibility.transcript import Transcript

__all__ = ["PerformanceFailedError", "Performances", "Stage"]

AT_A_TIME = 3
LIMIT_SECONDS = 230.0
SWITCHES = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream", "--disable-features=LocalNetworkAccessChecks",
    # Stock Chainlit's page asks for fonts of third parties; what cannot be had must fail at once.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1",
)  # fmt: skip


class PerformanceFailedError(AssertionError):
    """A script could not go on; the message says at which server, why, and what was on the screen."""


@dataclass(frozen=True)
class Performances:
    """The same scenario at both servers."""

    stock: Transcript
    tenant: Transcript


class Stage:
    """A thread with an event loop and one browser; ``port`` is where the tenants' runtime listens."""

    def __init__(self, scenarios: Iterable[Scenario], port: int, services: Mapping[str, str]) -> None:
        self._port = port
        self._services = services
        self._results: dict[str, Future[Performances]] = {scenario.app: Future() for scenario in scenarios}
        self._scenarios = list(scenarios)
        self._thread = threading.Thread(target=self._run, name="stage")

    def result(self, app: str) -> Performances:
        """Wait for both performances of an app's scenario; raises what went wrong in one of them."""
        return self._results[app].result(timeout=LIMIT_SECONDS)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for future in self._results.values():
            future.cancel()
        self._thread.join()

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._perform_all())
        except BaseException as error:
            for future in self._results.values():
                if not future.done():
                    future.set_exception(error)
            raise

    async def _perform_all(self) -> None:
        program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
        if not program:
            pytest.fail("There is no Chromium: run the tests with `make test`, which finds or installs one.")
        switches = [*SWITCHES, "--no-sandbox"] if os.geteuid() == 0 else list(SWITCHES)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=program, args=switches)
            turns = asyncio.Semaphore(AT_A_TIME)
            async with asyncio.TaskGroup() as performing:
                for scenario in self._scenarios:
                    performing.create_task(self._perform(scenario, browser, turns))
            await browser.close()

    async def _perform(self, scenario: Scenario, browser: Browser, turns: asyncio.Semaphore) -> None:
        result = self._results[scenario.app]
        async with turns:
            if not result.set_running_or_notify_cancel():
                return
            try:
                result.set_result(await self._at_both(scenario, browser))
            # Whatever it is belongs to the test of this scenario alone.
            except Exception as error:  # noqa: BLE001
                result.set_exception(error)

    async def _at_both(self, scenario: Scenario, browser: Browser) -> Performances:
        with tempfile.TemporaryDirectory(prefix=f"stock-{scenario.app}-") as folder:
            server = await asyncio.to_thread(StockServer, scenario, self._services, Path(folder))
            try:
                url = f"http://{scenario.slug}.localhost:{server.port}"
                stock = await _perform_at(scenario, browser, url, "chainlit run")
            finally:
                await asyncio.to_thread(server.end)
        url = f"http://{scenario.slug}.localhost:{self._port}"
        return Performances(stock, await _perform_at(scenario, browser, url, "tenant"))


async def _perform_at(scenario: Scenario, browser: Browser, url: str, server: str) -> Transcript:
    async with AsyncExitStack() as closing:
        # High enough that nothing scrolls: whether the button to scroll down shows is a matter of milliseconds.
        options = {"locale": "en-US", "viewport": {"width": 1280, "height": 1800}, **scenario.browser}
        context = await browser.new_context(**options)
        closing.push_async_callback(context.close)
        context.set_default_timeout(60_000)
        person = Person(context, await context.new_page(), url)
        try:
            await scenario.script(person)
        except Exception as error:
            seen = await person.page.locator("body").aria_snapshot()
            last = person.transcript.text.splitlines()[-60:]
            message = f"{error}\nAt {server}, after:\n{chr(10).join(last)}\n\nNow on screen:\n{seen}"
            raise PerformanceFailedError(message) from error
        person.note("errors of scripts", person.script_errors)
        return person.transcript
