"""Versions of a track's audio: each is one original that was sent, and what was made of it.

A version is immutable once it is ready: another file, or another encoder, makes another version. At most one version
of a track is on its way, and at most one is the current one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.messages import Message, Packed, gettext, restored
from veza.kit.moves import Machine, Move

STATUSES = ("uploaded", "processing", "ready", "failed", "canceled", "replaced")
ENCODER_VERSION = 1
"""Counted up when what is made of an original changes; what plays is then encoded anew (`encoder_change`)."""

REPLACED_KEPT = timedelta(days=30)
"""How long a replaced version can be restored; its files may go then."""


class AudioVersion(Base):
    """One original and its renditions. Files of the attempt that counts lie under `prefix` (`{rung}.mp4`, `{rung}.m4a`,
    `preview.mp4`, `preview.m4a`).

    `rendered` is `audio.rendering.Rendered`, `preview` a `Rendition`; while a first version is processed, `rendered`
    has its first rung alone. One whose files are being removed has none of the three. `attempt` counts claims, `tries`
    those since it was last sent or tried again. `share` of `stage` is done, 0 to 1. `due_at` is null for what no worker
    has to look at.
    """

    __tablename__ = "audio_versions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # No foreign key: files are removed after their track is.
    track_id: Mapped[UUID]
    artist_id: Mapped[UUID]
    status: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    sent_by: Mapped[str]
    file_name: Mapped[str]
    file_hash: Mapped[str]
    audio_hash: Mapped[str | None]
    original_key: Mapped[str]
    original_bytes: Mapped[int]
    encoder_version: Mapped[int]
    preview_start_ms: Mapped[int | None]
    prefix: Mapped[str | None]
    rendered: Mapped[dict[str, Any] | None]
    preview: Mapped[dict[str, Any] | None]
    stage: Mapped[str | None]
    share: Mapped[float | None]
    reason_id: Mapped[str | None] = mapped_column("reason")
    reason_fields: Mapped[Packed | None]
    due_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("status IN ({})".format(", ".join(f"'{s}'" for s in STATUSES)), name="status_known"),
        Index("ix_audio_versions_track_id", "track_id", "id"),
        Index(None, "artist_id"),
        Index(None, "original_key"),
        Index("ix_audio_versions_due", "due_at"),
    )

    @property
    def reason(self) -> Message | None:
        """Why it failed, waits or was canceled, to the musician who sent it."""
        return None if self.reason_id is None else restored(self.reason_id, self.reason_fields)

    @property
    def is_on_its_way(self) -> bool:
        """Whether something is still to be made of it."""
        return self.status in ON_ITS_WAY

    def is_restorable(self, now: datetime) -> bool:
        """Whether it was replaced, and can be made the one that plays again."""
        is_kept = self.replaced_at is not None and now < self.replaced_at + REPLACED_KEPT
        return self.status == "replaced" and is_kept and self.prefix is not None


ON_ITS_WAY = ("uploaded", "processing")
_WORKER, _ARTIST = "audio worker", "the artist"
MOVES = (
    Move("uploaded", "processing", "a worker has a free place", _WORKER),
    Move("processing", "processing", "its lease ended: the worker before is gone", _WORKER),
    Move("processing", "ready", "every rendition is there", _WORKER),
    Move("processing", "failed", "no sound comes of the file", _WORKER),
    Move("processing", "uploaded", "a store or a disk failed: it is tried again later", _WORKER),
    Move("processing", "replaced", "a newer one was ready first", _WORKER),
    Move("failed", "uploaded", "it is tried again", _ARTIST),
    Move("uploaded", "canceled", "it is taken back, or another file was sent", _ARTIST),
    Move("processing", "canceled", "it is taken back, or another file was sent", _ARTIST),
    Move("failed", "canceled", "another file was sent", _ARTIST),
    Move("ready", "replaced", "a newer one is ready", _WORKER),
    Move("replaced", "ready", "it is to be heard again", _ARTIST),
)
machine: Machine[AudioVersion] = Machine("audio version", AudioVersion, STATUSES, MOVES)


class UnknownVersion(LookupError):
    """No such version of a track's audio."""

    def __init__(self, version_id: UUID) -> None:
        super().__init__(gettext("there is no version {version_id} of this audio", version_id=version_id))


_OF_TRACK = select(AudioVersion).where(AudioVersion.track_id == bindparam("track")).order_by(AudioVersion.id)


async def versions_of(session: Session, track_id: UUID) -> Sequence[AudioVersion]:
    """Every version of a track's audio that is remembered, the first sent first."""
    found = _OF_TRACK.execution_options(populate_existing=True)
    return (await session.scalars(found, {"track": track_id})).all()


async def find_version(session: Session, version_id: UUID) -> AudioVersion:
    """Raises UnknownVersion."""
    row = await session.get(AudioVersion, version_id, populate_existing=True)
    if row is None:
        raise UnknownVersion(version_id)
    return row
