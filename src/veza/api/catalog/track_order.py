"""The order of a release's tracks: move one, or say it anew."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.catalog.release_shapes import release_to_edit
from veza.api.catalog.track_shapes import TRACK_EXAMPLE, TrackResponse, track_shown, track_to_edit
from veza.api.catalog.tracks import WRITES
from veza.api.operations import write
from veza.catalog import acting, listings, tracks
from veza.catalog.limits import TRACKS_EVER
from veza.kit.database import Session

TAG = "tracks"


class Place(Struct, forbid_unknown_fields=True):
    """Where a track is to be; 1 is first, past the end is last."""

    position: Annotated[int, Meta(ge=1, le=TRACKS_EVER)]


class TrackOrder(Struct, forbid_unknown_fields=True):
    """Every track of the release once, in the order they are to have."""

    track_ids: Annotated[list[UUID], Meta(max_length=TRACKS_EVER)]


class TrackList(Struct, frozen=True):
    """A release's tracks in order."""

    items: list[TrackResponse]


@write.post(
    "/tracks/{track_id:uuid}/move",
    operation="moveTrack",
    summary="Move a track",
    permission=Permission.PUBLISH,
    edits=track_to_edit,
    body={"position": 1},
    gives=(200, TrackList, "Its release's tracks in their order.", {"items": [TRACK_EXAMPLE]}),
    problems=(*WRITES,),
)
async def move_track(session: Session, track_id: UUID, data: Place, identity: Identity) -> TrackList:
    """Puts a track at a position; the others close up, without gaps."""
    release, row = await acting.track_to_change(session, track_id, identity)
    release_id = release.id
    await tracks.move_track(session, release, row, data.position)
    return await _in_order(session, release_id)


@write.put(
    "/releases/{release_id:uuid}/tracks/order",
    operation="reorderTracks",
    summary="Order a release's tracks",
    permission=Permission.PUBLISH,
    edits=release_to_edit,
    body={"track_ids": [TRACK_EXAMPLE["id"]]},
    gives=(200, TrackList, "The tracks in their new order.", {"items": [TRACK_EXAMPLE]}),
    problems=(*WRITES,),
)
async def reorder_tracks(session: Session, release_id: UUID, data: TrackOrder, identity: Identity) -> TrackList:
    """Puts all tracks in the order given. Refused unless it names each once: a track may have been added."""
    release = await acting.release_to_change(session, release_id, identity)
    await tracks.reorder_tracks(session, release, data.track_ids)
    return await _in_order(session, release_id)


async def _in_order(session: Session, release_id: UUID) -> TrackList:
    return TrackList([track_shown(one) for one in await listings.cards_of_release(session, release_id)])
