"""Pages beside the site's, and the broadest of its own: none is wider than a phone, none asks for what is not there."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser

from tests import factories
from tests.commands import Process
from tests.web.conftest import SIGNED_IN, TOKEN, Desk
from veza.catalog.tracks import Track
from veza.kit.database import Database
from veza.web.assets import ASSETS, STYLE

PHONE = {"width": 390, "height": 844}
PAGES = ("/operator/mailbox", "/checkout/done", "/sandbox/", "/api/docs")
"""Of other doors than the site's; its own pages are looked at in tests/journeys/test_demo_pages.py."""
WIDER_BY = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def test_every_page_fits_a_phone(tmp_path: Path, chromium: Browser) -> None:
    server = Process(
        "server", ("serve", "--migrate"), tmp_path, {"PORT": "0", "LOG_LEVEL": "error", "OPERATOR_TOKEN": TOKEN}
    )
    url = (await server.start(r"ready on (\S+)"))[1]
    missing: list[str] = []
    wider: dict[str, int] = {}
    try:
        context = await chromium.new_context(base_url=url, viewport=PHONE, extra_http_headers=SIGNED_IN)  # type: ignore[arg-type]
        page = await context.new_page()
        page.on("response", lambda answer: missing.append(answer.url) if answer.status >= 400 else None)
        for address in (*PAGES, await _track_page(tmp_path / "var")):
            await page.goto(address)
            if address == "/api/docs":
                await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
            wider[address] = await page.evaluate(WIDER_BY)
    finally:
        await server.stop()
    assert {address: more for address, more in wider.items() if more > 0} == {}
    assert missing == []


async def test_the_broadest_lists_fit_every_window(desk: Desk, chromium: Browser) -> None:
    """Rows of a few words and ids: what is left of a column is never narrower than a word."""
    await desk.given_up()
    style = f"<style>{ASSETS.files[STYLE].body.decode()}</style>"
    page = await (await chromium.new_context()).new_page()
    wider: dict[tuple[str, int], int] = {}
    for address in ("/operator/payments", "/operator/transfers"):
        html = (await desk.get(address)).text
        for width in (375, 740, 800, 1100, 1101, 1216, 1280):
            await page.set_viewport_size({"width": width, "height": 800})
            await page.set_content(html.replace("</head>", f"{style}</head>"), wait_until="domcontentloaded")
            wider[address, width] = await page.evaluate(WIDER_BY)
            narrowest = "Math.min(...[...document.querySelectorAll('td.words')].map((one) => one.clientWidth))"
            assert await page.evaluate(narrowest) >= 128, (address, width)
    assert {where: more for where, more in wider.items() if more > 0} == {}


async def _track_page(var: Path) -> str:
    """The page of a track whose words are as long as words may be."""
    database = Database.open(f"sqlite+aiosqlite:///{var / 'veza.db'}")
    _, (track,) = await factories.release(database, await factories.artist(database, "W" * 200), "م" * 200)
    long = {"tags": ["w" * 40], "credits": [{"name": "W" * 200, "part": "w" * 60}], "language": "ar"}
    await factories.change(database, Track, track, **long)
    await database.close()
    return f"/tracks/{track}"
