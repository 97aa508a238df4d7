"""What was deleted between being seen and being shown is unknown, like all that is not there: no error of ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from veza.catalog import listings
from veza.catalog.releases import UnknownRelease
from veza.catalog.tracks import UnknownTrack
from veza.community import playlist_lists
from veza.community.playlists import UnknownPlaylist
from veza.kit.database import Database

GONE = UUID("01930000-0000-7000-8000-00000000dead")


@pytest.mark.parametrize(
    ("show", "unknown"),
    [
        (playlist_lists.shown, UnknownPlaylist),
        (listings.release_card, UnknownRelease),
        (listings.track_card, UnknownTrack),
    ],
)
async def test_what_is_gone_is_unknown(
    database: Database, show: Callable[..., Awaitable[Any]], unknown: type[Exception]
) -> None:
    async with database.read() as session:
        with pytest.raises(unknown):
            await show(session, GONE)
