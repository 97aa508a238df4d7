"""What tests of the studio's pages do before they look: an artist's browser, and what was sold and heard."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from tests.web.pages.browsing import Browser
from tests.web.pages.conftest import Store
from veza.streaming.plays import PlayTotal


def of_artist(store: Store, act: Any) -> Browser:
    """The browser of an artist's person."""
    browser = store.browser()
    browser.who |= act.who
    return browser


async def heard(store: Store, artist_id: UUID, track_id: UUID, day: date, plays: int) -> None:
    """So many plays of a track on a day."""
    async with store.shop.stage.database.write() as session:
        row = {"artist_id": artist_id, "track_id": track_id, "day": day, "plays": plays}
        session.add(PlayTotal(id=session.new_id(), **row))
