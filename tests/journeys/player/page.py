"""A page with nothing but the web player, in Chromium."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Browser, Page

from tests.journeys.label import RATE
from tests.journeys.player.cut_album import CutAlbum
from tests.journeys.player.gate import Gate
from tests.journeys.player.heard import samples_of

ON_PURPOSE = re.compile(r"Failed to load resource|net::ERR_")
"""What the browser says of requests that the gate lets fail."""


@dataclass
class PlayerPage:
    """`said` is what the page's console had to say."""

    page: Page
    gate: Gate
    album: CutAlbum
    said: list[str] = field(default_factory=list)

    async def run(self, script: str, *arguments: Any) -> Any:
        """What an expression of the page comes to; `given` is the list of arguments."""
        return await self.page.evaluate(f"async (given) => ({script})", list(arguments))

    async def open(self, query: str = "") -> None:
        """With `?files` the player knows no Media Source Extensions."""
        await self.page.goto(f"{self.gate.url}/pages/player.html{query}")
        await self.page.wait_for_function("window.player")

    async def play(self, *titles: str, quality: str = "auto", records: bool = True) -> None:
        """From the first of these tracks on; all of the cut album without titles."""
        if records:
            await self.run("record(given[0])", RATE)
        await self.run("player.setQuality(given[0])", quality)
        await self.run("player.play(given[0])", self.album.entries(*titles))

    async def until(self, holds: str) -> dict[str, Any]:
        """The player's state `s` as soon as that holds for it."""
        state: dict[str, Any] = await self.run(f"until((s) => {holds})")
        return state

    async def state(self) -> dict[str, Any]:
        state: dict[str, Any] = await self.run("player.state")
        return state

    async def heard(self) -> NDArray[np.float64]:
        """What was played since `play`."""
        return samples_of(await self.run("recorded()"))


@asynccontextmanager
async def player_page(browser: Browser, gate: Gate, album: CutAlbum) -> AsyncIterator[PlayerPage]:
    context = await browser.new_context()
    await context.add_cookies([{"name": "veza", "value": album.buyer.cookie, "url": gate.url}])
    page = PlayerPage(await context.new_page(), gate, album)
    page.page.on("console", lambda message: page.said.append(message.text))
    page.page.on("pageerror", lambda error: page.said.append(str(error)))
    await page.open()
    yield page
    await context.close()
    assert [one for one in page.said if not ON_PURPOSE.search(one)] == []
