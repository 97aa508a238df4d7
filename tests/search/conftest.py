"""Databases whose changes the index hears."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.subscriptions import Subscriptions
from veza.search.keeping import search_acts, search_subscriptions


@pytest.fixture
async def shop(database_url: str, clock: ManualClock) -> AsyncIterator[Database]:
    """On both databases."""
    heard = Subscriptions(inside=search_subscriptions(), after=search_acts())
    database = Database.open(database_url, clock=clock, subscriptions=heard)
    yield database
    await database.close()
