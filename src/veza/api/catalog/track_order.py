"""The order of a release's tracks: move one, or say it anew."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Response, post, put
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath
from msgspec import Meta, Struct

from veza.accounts.permissions import Permission
from veza.api.catalog.release_shapes import release_to_edit
from veza.api.catalog.shapes import asker_of
from veza.api.catalog.track_shapes import TRACK_EXAMPLE, TrackResponse, track_shown, track_to_edit
from veza.api.catalog.tracks import TAG, WRITES
from veza.api.editing import editing
from veza.api.idempotency import Idempotent, Reply
from veza.api.shapes import answers
from veza.api.visitors import Visitor, needs
from veza.catalog import listings, releases, tracks
from veza.catalog.limits import TRACKS_EVER
from veza.kit.database import Session


class Place(Struct, forbid_unknown_fields=True):
    """Where a track is to be; 1 is first, past the end is last."""

    position: Annotated[int, Meta(ge=1, le=TRACKS_EVER)]


class TrackOrder(Struct, forbid_unknown_fields=True):
    """Every track of the release once, in the order they are to have."""

    track_ids: Annotated[list[UUID], Meta(max_length=TRACKS_EVER)]


class TrackList(Struct, frozen=True):
    """A release's tracks in order."""

    items: list[TrackResponse]


@post(
    "/tracks/{track_id:uuid}/move",
    status_code=200,
    opt=needs(Permission.PUBLISH),
    operation_id="moveTrack",
    tags=[TAG],
    summary="Move a track",
    dependencies=editing(track_to_edit),
    responses=answers(200, TrackList, "Its release's tracks in their order.", {"items": [TRACK_EXAMPLE]}, *WRITES),
)
async def move_track(
    track_id: FromPath[UUID],
    data: Annotated[Place, BodyKwarg(examples=[Example(value={"position": 1})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[TrackList]:
    """Puts a track at a position; the others close up, without gaps."""

    async def work(session: Session) -> Reply:
        release, row = await tracks.track_to_change(session, track_id, asker_of(visitor))
        release_id = release.id
        await tracks.move_track(session, release, row, data.position)
        return Reply(200, await _in_order(session, release_id))

    return await idempotent.run(work)


@put(
    "/releases/{release_id:uuid}/tracks/order",
    opt=needs(Permission.PUBLISH),
    operation_id="reorderTracks",
    tags=[TAG],
    summary="Order a release's tracks",
    dependencies=editing(release_to_edit),
    responses=answers(200, TrackList, "The tracks in their new order.", {"items": [TRACK_EXAMPLE]}, *WRITES),
)
async def reorder_tracks(
    release_id: FromPath[UUID],
    data: Annotated[TrackOrder, BodyKwarg(examples=[Example(value={"track_ids": [TRACK_EXAMPLE["id"]]})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[TrackList]:
    """Puts all tracks in the order given. Refused unless it names each once: somebody may have added one."""

    async def work(session: Session) -> Reply:
        release = await releases.release_to_change(session, release_id, asker_of(visitor))
        await tracks.reorder_tracks(session, release, data.track_ids)
        return Reply(200, await _in_order(session, release_id))

    return await idempotent.run(work)


async def _in_order(session: Session, release_id: UUID) -> TrackList:
    return TrackList([track_shown(one) for one in await listings.track_cards(session, release_id)])
