"""What players tell of plays."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from veza.accounts.permissions import Permission
from veza.api.shapes import answers
from veza.api.streaming.sources import ENDED, PRIVATE, Link
from veza.http.identity import needs
from veza.http.limits import network_of
from veza.http.problems import NOT_FOUND
from veza.http.requests import DoorRequest
from veza.streaming import plays
from veza.streaming.hearing import Hearing
from veza.streaming.play_reports import Report
from veza.streaming.plays import Verdict
from veza.streaming.stream_sessions import length_of

TAG = "streams"
_LONGEST_MS = 7 * 24 * 3_600_000
Heard = Annotated[
    int, QueryParameter(ge=0, le=_LONGEST_MS, description="How much of the track was heard in this stream, in ms.")
]


class PlayReported(Struct, frozen=True):
    """`state`: the play is `counted`, `not_yet` (tell again later), or `never`; `needed_ms` of the track are a play."""

    state: Verdict
    needed_ms: int


# A page that is being closed sends it with navigator.sendBeacon, which sets no headers: so no Idempotency-Key, and
# nothing in the body. The link says who listens; telling twice is telling once.
@post(
    "/stream/{track_id:uuid}/beacon",
    status_code=200,
    operation_id="reportPlay",
    summary="Tell how much was heard",
    opt=needs(Permission.BROWSE),
    responses=answers(
        200, PlayReported, "What became of it.", {"state": "counted", "needed_ms": 30_000}, NOT_FOUND, *ENDED
    ),
)
async def report_play(
    request: DoorRequest,
    track_id: FromPath[UUID],
    hearing: NamedDependency[Hearing],
    heard_ms: Heard,
    link: Link = "",
) -> Response[PlayReported]:
    """For players: tell it after 30 s or half the track, now and then, and at the end. `link` is that of any rung of
    the stream. The first that is enough makes the play; it may come again."""
    said, sound = await hearing.opened(track_id, link)
    state = await hearing.reports.told(Report(said.session_id, heard_ms, network_of(request)))
    needed = round(plays.needed(length_of(sound)).total_seconds() * 1000)
    return Response(PlayReported(state, needed), headers=PRIVATE)
