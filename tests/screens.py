"""Pictures of every page, to be looked at: light and dark, desk and phone, English and French.

    make screens                                # into screens/, of a demo it starts and ends itself
    .venv/bin/python -m tests.screens --url http://127.0.0.1:8000 --only release,cart

A picture is called `PAGE-THEME-WIDTH-LANGUAGE.png`. The demo's artists, releases and tracks are not named here: the
first links to them are followed.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, BrowserContext, Page, ViewportSize

from tests.browsers import running_chromium
from tests.commands import ROOT, Process

FOLDER = ROOT / "screens"
WIDTHS: dict[str, ViewportSize] = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 360, "height": 800}}
THEMES, LANGUAGES = ("light", "dark"), ("en", "fr")
VISITOR, LISTENER, LABEL, MODERATOR, OPERATOR = "visitor", "listener", "label", "moderator", "operator"
DOORS = (LISTENER, LABEL, OPERATOR, MODERATOR)
"""As the page for signing in lists them."""
MOST_PIXELS = 6_000
"""Of a page's height."""
READY_SECONDS = 120
WAIT_MS = 120_000
"""For a page of a busy machine."""


@dataclass(frozen=True)
class Sight:
    """A page: `at` is its address, and each of `then` a link on it (the beginning of its address) that is followed, or
    after a `+` what is put to the end of the address one is at."""

    name: str
    who: str
    at: str
    then: tuple[str, ...] = ()


SIGHTS = (
    Sight("home", VISITOR, "/"),
    Sight("search", VISITOR, "/search?q=a"),
    Sight("search-empty", VISITOR, "/search?q=zzzz"),
    Sight("release", VISITOR, "/", ("/releases/",)),
    Sight("track", VISITOR, "/", ("/releases/", "/tracks/")),
    Sight("artist", VISITOR, "/", ("/artists/",)),
    Sight("cart-empty", VISITOR, "/cart"),
    Sight("sign-in", VISITOR, "/sign-in"),
    Sight("sign-up", VISITOR, "/sign-up"),
    Sight("forgot", VISITOR, "/forgot-password"),
    Sight("about", VISITOR, "/about"),
    Sight("preferences", VISITOR, "/preferences"),
    Sight("permissions", VISITOR, "/permissions"),
    Sight("design", VISITOR, "/design"),
    Sight("not-found", VISITOR, "/nonsense"),
    Sight("mailbox", OPERATOR, "/operator/mailbox"),
    Sight("library", LISTENER, "/library"),
    Sight("orders", LISTENER, "/orders"),
    Sight("order", LISTENER, "/orders", ("/orders/",)),
    Sight("account", LISTENER, "/account"),
    Sight("password", LISTENER, "/account/password"),
    Sight("second-factor", LISTENER, "/account/second-factor"),
    Sight("sessions", LISTENER, "/account/sessions"),
    Sight("tokens", LISTENER, "/account/tokens"),
    Sight("mails", LISTENER, "/account/mails"),
    Sight("data", LISTENER, "/account/data"),
    Sight("studio", LABEL, "/studio"),
    Sight("studio-overview", LABEL, "/studio", ("/studio/",)),
    Sight("studio-records", LABEL, "/studio", ("/studio/", "+/records")),
    Sight("studio-release", LABEL, "/studio", ("/studio/", "+/records", "/studio/releases/")),
    Sight("studio-track", LABEL, "/studio", ("/studio/", "+/records", "/studio/releases/", "/studio/tracks/")),
    *(
        Sight(f"studio-{name}", LABEL, "/studio", ("/studio/", f"+/{name}"))
        for name in ("sales", "money", "onboarding", "plays", "codes", "people")
    ),
    Sight("operator", OPERATOR, "/operator"),
    Sight("payments", OPERATOR, "/operator/payments"),
    Sight("payment", OPERATOR, "/operator/payments", ("/operator/payments/",)),
    Sight("transfers", OPERATOR, "/operator/transfers"),
    Sight("findings", OPERATOR, "/operator/findings"),
    Sight("inbox", OPERATOR, "/operator/inbox"),
)


async def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--url", help="a demo that runs already")
    asked.add_argument("--only", default="", help="names of pages, with commas between them")
    asked.add_argument("--theme", choices=THEMES)
    asked.add_argument("--width", choices=tuple(WIDTHS))
    asked.add_argument("--language", choices=LANGUAGES)
    given = asked.parse_args()
    names = set(filter(None, given.only.split(",")))
    sights = [one for one in SIGHTS if not names or one.name in names]
    FOLDER.mkdir(exist_ok=True)
    async with _demo(given.url) as url, running_chromium() as browser:
        kinds = itertools.product(
            [given.theme] if given.theme else THEMES,
            [given.width] if given.width else WIDTHS,
            [given.language] if given.language else LANGUAGES,
        )
        for theme, width, language in kinds:
            await _walk(browser, url, sights, theme, width, language)


async def _walk(browser: Browser, url: str, sights: list[Sight], theme: str, width: str, language: str) -> None:
    """Every page once, in one theme, width and language; each reader has a browser of their own."""
    pages: dict[str, Page] = {}
    for sight in sights:
        if sight.who not in pages:
            context = await browser.new_context(
                base_url=url, viewport=WIDTHS[width], locale=f"{language}-{language.upper()}",
                color_scheme="dark" if theme == "dark" else "light", bypass_csp=True,
            )  # fmt: skip
            pages[sight.who] = await _signed_in(context, sight.who)
        page = pages[sight.who]
        if not await _reached(page, sight):
            print(f"{sight.name}: no link on to it")
            continue
        path = FOLDER / f"{sight.name}-{theme}-{width}-{language}.png"
        await _photographed(page, path, WIDTHS[width])
        print(path.relative_to(ROOT))
    for page in pages.values():
        await page.context.close()


async def _photographed(page: Page, path: Path, window: ViewportSize) -> None:
    """The whole page in a window as high as it is: what is fixed to the window's foot stays at the page's foot."""
    await page.evaluate("document.fonts.ready")
    high = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": window["width"], "height": min(max(high, window["height"]), MOST_PIXELS)})
    await page.wait_for_function("[...document.images].every((one) => one.complete)")
    await page.screenshot(path=path)
    await page.set_viewport_size(window)


async def _reached(page: Page, sight: Sight) -> bool:
    await page.goto(sight.at)
    for beginning in sight.then:
        here = await page.evaluate("location.pathname")
        if beginning.startswith("+"):
            await page.goto(here + beginning[1:])
            continue
        links = await page.evaluate("[...document.links].map((one) => one.getAttribute('href'))")
        found = next((link for link in links if link.startswith(beginning) and link not in (beginning, here)), None)
        if found is None:
            return False
        await page.goto(found)
    return True


async def _signed_in(context: BrowserContext, who: str) -> Page:
    """A page of a reader, who came in by one of the demo's doors."""
    page = await context.new_page()
    page.set_default_timeout(WAIT_MS)
    if who != VISITOR:
        await page.goto("/sign-in")
        await page.locator("main form:has(input[type=hidden][name=password]) button").nth(DOORS.index(who)).click()
        await page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


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
    asyncio.run(main())
