from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browsers import running_chromium
from tests.journeys.player.cut_album import CutAlbum, published_cut_album
from tests.journeys.player.gate import Gate, gate_before
from tests.journeys.player.page import PlayerPage, player_page


@pytest.fixture(scope="session")
def cut_album(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CutAlbum]:
    with published_cut_album(tmp_path_factory.mktemp("cut-album")) as album:
        yield album


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_chromium() -> AsyncIterator[Browser]:
    """For all tests of a file. A source buffer holds 3 MB instead of 12: a long track has them, and is quickly made."""
    async with running_chromium("--mse-audio-buffer-size-limit-mb=3") as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def gate(cut_album: CutAlbum) -> AsyncIterator[Gate]:
    async with gate_before(cut_album.url) as gate:
        yield gate


@pytest_asyncio.fixture(loop_scope="module")
async def page(one_chromium: Browser, gate: Gate, cut_album: CutAlbum) -> AsyncIterator[PlayerPage]:
    """The buyer's, with nothing in the queue."""
    async with player_page(one_chromium, gate, cut_album) as page:
        yield page
