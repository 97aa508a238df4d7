"""An artist's plays in the studio: by day as a picture and a table, and which tracks they are of."""

from __future__ import annotations

from uuid import UUID

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import acting, titles
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.ids import id_of
from veza.kit.messages import Message, gettext
from veza.streaming import play_lists
from veza.web import day_chart
from veza.web.answers import Shown
from veza.web.declared import page

RANGES: dict[int, Message] = {
    7: gettext("7 d"),
    28: gettext("28 d"),
    90: gettext("90 d"),
    365: gettext("1 y"),
}
"""Days that can be chosen."""
USUAL = 28


@page("/studio/{artist_id:uuid}/plays", permission=Permission.PUBLISH)
async def plays_page(session: Session, request: DoorRequest, artist_id: UUID, identity: Identity) -> Shown:
    """The plays of the chosen days (UTC), of all tracks or of one."""
    artist = await acting.artist_for(session, artist_id, identity)
    days, last = days_of(request), session.now.date()
    first = day_chart.days_back(last, days)
    track_id = id_of(request.query_params.get("track", ""))
    by_day = await play_lists.by_day(session, artist_id, first, last, track_id=track_id)
    return Shown(
        "plays.html",
        artist=artist,
        days=days,
        ranges=RANGES,
        track_id=track_id,
        track=(await titles.named(session, [track_id])).get(track_id) if track_id else None,
        chart=day_chart.drawn([(day, "plays", plays) for day, plays in by_day], first, last),
        tracks=await play_lists.by_track(session, artist_id, first, last),
    )


def days_of(request: DoorRequest) -> int:
    """The days that the address asks for, else the usual ones."""
    asked = request.query_params.get("days", "")
    return int(asked) if asked in {str(one) for one in RANGES} else USUAL
