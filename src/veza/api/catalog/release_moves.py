"""What becomes of a release: published, scheduled, taken back, withdrawn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath
from msgspec import Meta, Struct

from veza.accounts.permissions import Permission
from veza.api.catalog.problems import BAD_VALUE, NOT_COMPLETE, NOT_NOW
from veza.api.catalog.release_shapes import DETAIL_EXAMPLE, ReleaseDetail, release_detail, release_to_edit
from veza.api.catalog.releases import TAG
from veza.api.catalog.shapes import asker_of
from veza.api.editing import editing
from veza.api.idempotency import Idempotent, Reply
from veza.api.problems import FORBIDDEN, NOT_FOUND, Kind
from veza.api.shapes import EDIT_PROBLEMS, answers
from veza.api.visitors import Visitor, needs
from veza.catalog import publishing, releases
from veza.catalog.releases import Release
from veza.kit.database import Session


class Appointment(Struct, forbid_unknown_fields=True):
    """When it is to be published."""

    publish_at: Annotated[datetime, Meta(tz=True, description="In the future, with an offset or Z.")]


def _move(path: str, operation_id: str, summary: str, description: str, *more: Kind) -> post:
    return post(
        f"/releases/{{release_id:uuid}}/{path}",
        status_code=200,
        opt=needs(Permission.PUBLISH),
        operation_id=operation_id,
        tags=[TAG],
        summary=summary,
        dependencies=editing(release_to_edit),
        responses=answers(
            200, ReleaseDetail, description, DETAIL_EXAMPLE, NOT_FOUND, FORBIDDEN, NOT_NOW, *more, *EDIT_PROBLEMS
        ),
    )


@_move("publish", "publishRelease", "Publish a release", "The release, published.", NOT_COMPLETE)
async def publish_release(
    release_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[ReleaseDetail]:
    """Everybody sees it from now on. It needs a track; a sample pack needs a licence. A withdrawn release may be
    published again and keeps the date it was first published on."""
    return await _moved(release_id, idempotent, visitor, publishing.publish)


@_move("schedule", "scheduleRelease", "Publish a release later", "The release, scheduled.", NOT_COMPLETE, BAD_VALUE)
async def schedule_release(
    release_id: FromPath[UUID],
    data: Annotated[Appointment, BodyKwarg(examples=[Example(value={"publish_at": "2026-02-06T00:00:00+01:00"})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[ReleaseDetail]:
    """Publishes a complete draft by itself when the time comes. Until then only the artist's people see it."""

    async def act(session: Session, row: Release) -> None:
        await publishing.schedule(session, row, data.publish_at.astimezone(UTC))

    return await _moved(release_id, idempotent, visitor, act)


@_move("unschedule", "unscheduleRelease", "Take a scheduled release back", "The release, a draft again.")
async def unschedule_release(
    release_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[ReleaseDetail]:
    """A scheduled release is a draft again and is not published by itself."""
    return await _moved(release_id, idempotent, visitor, publishing.unschedule)


@_move("withdraw", "withdrawRelease", "Withdraw a release", "The release, withdrawn.")
async def withdraw_release(
    release_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[ReleaseDetail]:
    """Nobody but the artist's people sees it any more. Who owns it keeps it; it may be published again."""
    return await _moved(release_id, idempotent, visitor, publishing.withdraw)


async def _moved(
    release_id: UUID, idempotent: Idempotent, visitor: Visitor, act: Callable[[Session, Release], Awaitable[None]]
) -> Response[ReleaseDetail]:
    async def work(session: Session) -> Reply:
        row = await releases.release_to_change(session, release_id, asker_of(visitor))
        await act(session, row)
        return Reply(200, await release_detail(session, release_id))

    return await idempotent.run(work)
