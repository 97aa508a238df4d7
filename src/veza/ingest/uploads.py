"""Uploads: a file on its way from an artist's machine into the object store, part by part.

`offset_bytes` are stored, and stay so when the line is cut or this process ends: an upload goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts.identity import Identity
from veza.catalog import acting
from veza.kit.database import Base, Session
from veza.kit.listing import Slice, by_age
from veza.kit.messages import Message, Packed, gettext, restored
from veza.kit.moves import Machine, Move

STATUSES = ("receiving", "received", "taken", "refused", "expired", "terminated")
PENDING = ("receiving", "received")
"""Their bytes come, or wait to be joined."""
LIFETIME = timedelta(days=1)
"""An upload expires when no byte has come for so long: a night's break is shorter."""
WAKE = "uploads"


class Upload(Base):
    """One file that an artist's people send: for a track, for a new track of a release, or to become drafts.

    `attempt` counts its writers: each request that sends bytes and each worker that looks at it is a new one, and
    what an older one still does is stale. `drop_id` is the same in the `drop_files` uploads of files that were dropped
    at once, and `path` is where the file lay among them. `original_id` names the object that the parts are joined into.
    At `due_at` a worker looks at it; null where nothing is left to do.
    """

    __tablename__ = "uploads"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    artist_id: Mapped[UUID] = mapped_column(ForeignKey("artists.id"))
    person_id: Mapped[UUID | None]
    # No foreign keys: both may be deleted while bytes come.
    track_id: Mapped[UUID | None]
    release_id: Mapped[UUID | None]
    file_name: Mapped[str]
    drop_id: Mapped[UUID | None]
    drop_files: Mapped[int | None]
    path: Mapped[str | None]
    status: Mapped[str]
    attempt: Mapped[int]
    length_bytes: Mapped[int]
    offset_bytes: Mapped[int]
    parts_count: Mapped[int]
    original_id: Mapped[UUID | None]
    sha256: Mapped[str | None]
    reason_id: Mapped[str | None] = mapped_column("reason")
    reason_fields: Mapped[Packed | None]
    stored_notes: Mapped[list[Any] | None] = mapped_column("notes")
    retry_count: Mapped[int]
    due_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(
            "status IN ('receiving', 'received', 'taken', 'refused', 'expired', 'terminated')", name="status_known"
        ),
        CheckConstraint("offset_bytes BETWEEN 0 AND length_bytes", name="offset_within"),
        Index(None, "artist_id", "status"),
        Index(None, "artist_id", "id"),
        Index(None, "track_id"),
        Index(None, "drop_id"),
        Index(
            "ix_uploads_due", "due_at",
            postgresql_where=text("due_at IS NOT NULL"), sqlite_where=text("due_at IS NOT NULL"),
        ),
    )  # fmt: skip

    @property
    def reason(self) -> Message | None:
        """Why it was refused, or why its worker waits; None for most."""
        return None if self.reason_id is None else restored(self.reason_id, self.reason_fields)

    @property
    def notes(self) -> list[Message]:
        """What was guessed or changed as drafts were made of it; empty for most."""
        return [restored(text, fields) for text, fields in self.stored_notes or ()]


MOVES = (
    Move("receiving", "received", "its last byte is stored", "the artist"),
    Move("received", "taken", "its parts are one object, which a track has or drafts were made of", "upload worker"),
    Move("received", "refused", "its track is gone, or nothing can be made of it", "upload worker"),
    Move("receiving", "expired", "no byte has come for a day", "upload worker"),
    Move("receiving", "terminated", "the sender gives it up", "the artist"),
    Move("received", "terminated", "the sender gives it up before a worker took it", "the artist"),
)
machine: Machine[Upload] = Machine("upload", Upload, STATUSES, MOVES)


class UnknownUpload(LookupError):
    """No such upload, or one of an artist for whom the identity does not act."""

    def __init__(self, upload_id: UUID) -> None:
        super().__init__(gettext("there is no upload {upload_id}", upload_id=upload_id))


class UploadGone(Exception):
    """Its bytes are deleted: it expired, or was given up."""

    def __init__(self, upload: Upload) -> None:
        said = gettext("this upload was given up: begin a new one")
        if upload.status == "expired":
            said = gettext("this upload has expired, because no byte came for a day: begin a new one")
        super().__init__(said)


class NotReceiving(Exception):
    """Every byte of the upload has come."""

    def __init__(self, upload: Upload) -> None:
        super().__init__(
            gettext("all {length_bytes:,} bytes of this upload have come", length_bytes=upload.length_bytes)
        )


class WrongOffset(Exception):
    """The bytes that came do not begin where the stored ones end."""

    def __init__(self, given: int, stored_bytes: int) -> None:
        super().__init__(
            gettext(
                "{stored_bytes:,} bytes of this upload are stored, and what was sent begins at {given:,}: "
                "ask with HEAD where to go on",
                stored_bytes=stored_bytes,
                given=given,
            )
        )
        self.stored_bytes = stored_bytes


class Displaced(Exception):
    """Another request sends the same upload since."""

    def __init__(self) -> None:
        super().__init__(gettext("another request sends this upload now: ask with HEAD where to go on"))


async def upload_of(session: Session, upload_id: UUID, identity: Identity, *, to_change: bool = False) -> Upload:
    """The upload, if the identity acts for its artist; locked if it is `to_change`. Raises UnknownUpload."""
    mine = select(Upload).where(Upload.id == upload_id)
    if to_change:
        mine = mine.with_for_update()
    row = (await session.scalars(mine)).one_or_none()
    if row is None or not await acting.acts_for(session, row.artist_id, identity):
        raise UnknownUpload(upload_id)
    return row


def demand_there(upload: Upload) -> None:
    """Raises UploadGone."""
    if upload.status in ("expired", "terminated"):
        raise UploadGone(upload)


async def terminate(session: Session, upload: Upload) -> None:
    """Give the upload up; a worker deletes its bytes. Raises UploadGone, and ForbiddenMove for one that was taken or
    refused."""
    demand_there(upload)
    await machine.move(
        session, upload, "terminated", because=gettext("given up by its sender"), attempt=upload.attempt + 1,
        due_at=session.now,
    )  # fmt: skip
    session.wake(WAKE)


SORTS = by_age(Upload.id)


async def uploads_of(
    session: Session,
    artist_id: UUID,
    page: Slice,
    *,
    status: str | None = None,
    track_id: UUID | None = None,
    has_ended: bool | None = None,
) -> Sequence[Upload]:
    """The uploads for an artist: all, only those that have ended, or only those on their way (PENDING)."""
    found = select(Upload).where(Upload.artist_id == artist_id)
    if status is not None:
        found = found.where(Upload.status == status)
    if track_id is not None:
        found = found.where(Upload.track_id == track_id)
    if has_ended is not None:
        found = found.where(Upload.status.not_in(PENDING) if has_ended else Upload.status.in_(PENDING))
    return (await session.scalars(page.of(found))).all()


async def notes_on(session: Session, artist_id: UUID, release_id: UUID) -> list[Message]:
    """What was guessed when files that were sent became this release of an artist, to be looked over; each once."""
    taken = (Upload.artist_id == artist_id, Upload.status == "taken", Upload.release_id == release_id)
    mine = select(Upload).where(*taken).order_by(Upload.id)
    rows = (await session.scalars(mine)).all()
    return list({str(note): note for row in rows for note in row.notes}.values())


async def uploads_of_drop(session: Session, upload: Upload) -> list[Upload]:
    """The uploads of files that were dropped at once with this one, in the order they began; locked."""
    mine = select(Upload).where(Upload.drop_id == upload.drop_id, Upload.artist_id == upload.artist_id)
    found = mine.order_by(Upload.id).with_for_update().execution_options(populate_existing=True)
    return list((await session.scalars(found)).all())
