"""Pictures of every page, to be looked at: light and dark, desk and phone, English and French.

    make screens                                # into screens/, of a demo it starts and ends itself
    .venv/bin/python -m tests.screens --url http://127.0.0.1:8000 --only release,cart

A picture is called `PAGE-THEME-WIDTH-LANGUAGE.png`. Each page is judged by axe while it is there, and must be no wider
than its window; what is wrong is printed, and so are pages of the site that were not come to: then it ends with 1.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, ViewportSize

from tests.browsers import running_chromium
from tests.commands import ROOT, Process
from tests.judging import axe_source, faults
from tests.sights import SIGHTS, Sight, not_seen, reached, signed_in

FOLDER = ROOT / "screens"
WIDTHS: dict[str, ViewportSize] = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 360, "height": 800}}
THEMES, LANGUAGES = ("light", "dark"), ("en", "fr")
MOST_PIXELS = 6_000
"""Of a page's height."""
READY_SECONDS = 120


class Pictures:
    """What was seen, and what is wrong with it."""

    def __init__(self, sights: list[Sight], axe: str) -> None:
        self.sights, self.axe = sights, axe
        self.paths: set[str] = set()
        self.wrong: list[str] = []

    async def through(self, browser: Browser, url: str, theme: str, width: str, language: str) -> None:
        """Every page once, in one theme, width and language; each reader has a browser of their own."""
        pages: dict[str, Page] = {}
        for sight in self.sights:
            if sight.who not in pages:
                context = await browser.new_context(
                    base_url=url, viewport=WIDTHS[width], locale=f"{language}-{language.upper()}",
                    color_scheme="dark" if theme == "dark" else "light", bypass_csp=True, reduced_motion="reduce",
                )  # fmt: skip
                pages[sight.who] = await signed_in(context, sight.who)
            page = pages[sight.who]
            if not await reached(page, sight):
                self.wrong.append(f"{sight.name}: no way to it")
                continue
            self.paths.add(urlsplit(page.url).path)
            path = FOLDER / f"{sight.name}-{theme}-{width}-{language}.png"
            await _photographed(page, path, WIDTHS[width], is_window=sight.is_window)
            print(path.relative_to(ROOT), flush=True)
            self.wrong += [f"{path.stem}: {one}" for one in await faults(page, self.axe)]
        for page in pages.values():
            await page.context.close()


async def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--url", help="a demo that runs already")
    asked.add_argument("--only", default="", help="names of pages, with commas between them")
    asked.add_argument("--theme", choices=THEMES)
    asked.add_argument("--width", choices=tuple(WIDTHS))
    asked.add_argument("--language", choices=LANGUAGES)
    given = asked.parse_args()
    names = set(filter(None, given.only.split(",")))
    taken = Pictures([one for one in SIGHTS if not names or one.name in names], await asyncio.to_thread(axe_source))
    FOLDER.mkdir(exist_ok=True)
    async with _demo(given.url) as url, running_chromium() as browser:
        kinds = itertools.product(
            [given.theme] if given.theme else THEMES,
            [given.width] if given.width else WIDTHS,
            [given.language] if given.language else LANGUAGES,
        )
        for theme, width, language in kinds:
            await taken.through(browser, url, theme, width, language)
    wrong = taken.wrong if names else [*taken.wrong, *(f"{one} was not come to" for one in not_seen(taken.paths))]
    print("\n".join(wrong) or "nothing is wrong")
    return 1 if wrong else 0


async def _photographed(page: Page, path: Path, window: ViewportSize, *, is_window: bool) -> None:
    """The whole page in a window as high as it is: what is fixed to the window's foot stays at the page's foot."""
    await page.evaluate("document.fonts.ready")
    if is_window:
        await page.screenshot(path=path)
        return
    high = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": window["width"], "height": min(max(high, window["height"]), MOST_PIXELS)})
    await page.wait_for_function("[...document.images].every((one) => one.complete)")
    await page.screenshot(path=path)
    await page.set_viewport_size(window)


@asynccontextmanager
async def _demo(url: str | None) -> AsyncIterator[str]:
    """The address of a demo; one that is started here is ended at the end."""
    if url is not None:
        yield url
        return
    with TemporaryDirectory(prefix="veza-screens-") as folder:
        settings = {"PORT": "0", "DEMO_DATA": "true", "LOG_LEVEL": "warning"}
        server = Process("demo", ("serve", "--migrate"), Path(folder), settings)
        try:
            yield (await server.start(r"ready on (\S+)", READY_SECONDS))[1]
        finally:
            await server.stop()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
