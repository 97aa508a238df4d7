"""What becomes of a release: published, scheduled, taken back, withdrawn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.catalog.release_shapes import DETAIL_EXAMPLE, ReleaseDetail, release_detail, release_to_edit
from veza.api.operations import Declare, write
from veza.catalog import acting, publishing
from veza.catalog.releases import Release
from veza.http.errors.catalog import BAD_VALUE, NOT_COMPLETE, NOT_NOW
from veza.http.problems import NOT_FOUND, Kind
from veza.kit.database import Session

TAG = "releases"


class Appointment(Struct, forbid_unknown_fields=True):
    """When it is to be published."""

    publish_at: Annotated[datetime, Meta(tz=True, description="In the future, with an offset or Z.")]


def _move(path: str, operation: str, summary: str, description: str, *problems: Kind, body: Any = None) -> Declare:
    return write.post(
        f"/releases/{{release_id:uuid}}/{path}",
        operation=operation,
        summary=summary,
        permission=Permission.PUBLISH,
        edits=release_to_edit,
        body=body,
        gives=(200, ReleaseDetail, description, DETAIL_EXAMPLE),
        problems=(NOT_FOUND, NOT_NOW, *problems),
    )


@_move("publish", "publishRelease", "Publish a release", "The release, published.", NOT_COMPLETE)
async def publish_release(session: Session, release_id: UUID, identity: Identity) -> ReleaseDetail:
    """Makes the release public. It needs a track, and all of its tracks can be heard (their `audio_state` is `ready`);
    a sample pack needs a licence. A withdrawn release may be published again as it is, and keeps the date it was first
    published on."""
    return await _carry_out(session, release_id, identity, publishing.publish)


@_move(
    "schedule",
    "scheduleRelease",
    "Publish a release later",
    "The release, scheduled.",
    NOT_COMPLETE,
    BAD_VALUE,
    body={"publish_at": "2026-02-06T00:00:00+01:00"},
)
async def schedule_release(session: Session, release_id: UUID, data: Appointment, identity: Identity) -> ReleaseDetail:
    """Publishes a complete draft by itself when the time comes. Until then only the artist's people see it. If a
    track that was added has no sound then, the release is a draft again, and the artist's people get a mail."""

    async def act(session: Session, row: Release) -> None:
        await publishing.schedule(session, row, data.publish_at.astimezone(UTC))

    return await _carry_out(session, release_id, identity, act)


@_move("unschedule", "unscheduleRelease", "Take a scheduled release back", "The release, a draft again.")
async def unschedule_release(session: Session, release_id: UUID, identity: Identity) -> ReleaseDetail:
    """A scheduled release is a draft again and is not published by itself."""
    return await _carry_out(session, release_id, identity, publishing.unschedule)


@_move("withdraw", "withdrawRelease", "Withdraw a release", "The release, withdrawn.")
async def withdraw_release(session: Session, release_id: UUID, identity: Identity) -> ReleaseDetail:
    """Only the artist's people see it from now on. Buyers keep what they own; it may be published again."""
    return await _carry_out(session, release_id, identity, publishing.withdraw)


async def _carry_out(
    session: Session, release_id: UUID, identity: Identity, act: Callable[[Session, Release], Awaitable[None]]
) -> ReleaseDetail:
    await act(session, await acting.release_to_change(session, release_id, identity))
    return await release_detail(session, release_id)
