"""The picture of a track's sound, for players to draw."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec import Struct

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.market.receipts import LinkToken
from veza.api.operations import read
from veza.http.errors.streaming import NO_SOUND_YET
from veza.http.problems import NOT_FOUND
from veza.streaming.local_hearing import LocalHearing

TAG = "tracks"


class WaveformResponse(Struct, frozen=True):
    """At most 1,800 points from the beginning to the end, each 0 to 255, which is full scale: the highest sample, and
    the root of the mean square."""

    peaks: list[int]
    rms: list[int]


WAVEFORM_EXAMPLE: dict[str, Any] = {"peaks": [3, 120, 255, 180], "rms": [1, 64, 140, 90]}


@read(
    "/tracks/{track_id:uuid}/waveform",
    operation="showWaveform",
    summary="Show a track's waveform",
    permission=Permission.BROWSE,
    gives=(WaveformResponse, "Its points.", WAVEFORM_EXAMPLE),
    problems=(NOT_FOUND, NO_SOUND_YET),
)
async def show_waveform(
    track_id: UUID, identity: Identity, hearing: LocalHearing, token: LinkToken = None
) -> WaveformResponse:
    """For each reader who may see the track, also where only its preview is heard. It takes a mailed link's `token`,
    as streams do."""
    found = await hearing.waveform(identity, track_id, token)
    return WaveformResponse(list(found.peaks), list(found.rms))
