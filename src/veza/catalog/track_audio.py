"""What the catalogue keeps of a track's sound: its state, and which version of its audio is the current one.

`ingest` makes the audio and is the only caller; publishing, lists and pages read the columns.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Row, bindparam, select, update

from veza.catalog.releases import Release
from veza.catalog.tracks import Track, sort_tags, tell_changed
from veza.catalog.visibility import PUBLISHED
from veza.kit.database import Session, table_of


class AudioState(StrEnum):
    """Whether a track can be heard. `processing` and `failed` are said of a track that had no audio before."""

    NONE = "none"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CurrentAudio:
    """The version of a track's audio that plays: `samples` at `rate` Hz, measured."""

    version_id: UUID
    samples: int
    rate: int

    @property
    def duration_ms(self) -> int:
        """The length, rounded to milliseconds."""
        return round(1000 * self.samples / self.rate)


async def set_audio(session: Session, track_id: UUID, state: AudioState, current: CurrentAudio | None) -> bool:
    """Say what can be heard of a track; False if it is gone. Its length is the audio's from then on."""
    facts: dict[str, object] = {"audio_state": state.value, "audio_id": None, "audio_samples": None, "audio_rate": None}
    if current is not None:
        facts |= {
            "audio_id": current.version_id, "audio_samples": current.samples, "audio_rate": current.rate,
            "duration_ms": current.duration_ms,
        }  # fmt: skip
    mine = update(Track).where(Track.id == track_id).values(facts).returning(Track.id)
    is_there = (await session.execute(mine.execution_options(synchronize_session=False))).first() is not None
    if is_there and state is AudioState.READY:
        await _list(session, track_id)
        await tell_changed(session, track_id)
    return is_there


async def _list(session: Session, track_id: UUID) -> None:
    """Show a track that can be heard in lists, if it was added to a release that is published."""
    published = select(Release.published_at).where(Release.id == Track.release_id, PUBLISHED)
    at = published.correlate(Track).scalar_subquery()
    mine = update(Track).where(Track.id == track_id, Track.listed_at.is_(None)).values(listed_at=at)
    changed = await session.execute(
        mine.returning(Track.release_id, Track.listed_at).execution_options(synchronize_session=False)
    )
    for release_id, listed_at in changed.all():
        if listed_at is not None:
            await sort_tags(session, release_id)


async def lock_track(session: Session, track_id: UUID) -> bool:
    """Lock a track, before its audio is changed; False if it is gone."""
    mine = select(Track.id).where(Track.id == track_id).with_for_update()
    return (await session.execute(mine)).first() is not None


async def lock_tracks(session: Session, track_ids: Collection[UUID]) -> set[UUID]:
    """Lock those of these tracks that are there, always in the same order; returns them."""
    mine = select(Track.id).where(Track.id.in_(track_ids)).order_by(Track.id).with_for_update()
    return set((await session.scalars(mine)).all())


_T = table_of(Track)
_NOT_READY = (
    select(_T.c.position, _T.c.title, _T.c.audio_state)
    .where(_T.c.release_id == bindparam("release"), _T.c.audio_state != AudioState.READY.value)
    .order_by(_T.c.position)
)


async def not_ready(session: Session, release_id: UUID) -> list[tuple[int, str, AudioState]]:
    """Position, title and state of each of a release's tracks that cannot be heard in full yet, in order."""
    rows = await session.execute(_NOT_READY, {"release": release_id})
    return [(position, title, AudioState(state)) for position, title, state in rows]


MOST_FAILED = 20
"""Of an artist, as they are listed."""


async def failed_of(session: Session, artist_id: UUID) -> Sequence[Row[UUID, str]]:
    """Id and title of an artist's tracks whose file could not be processed, the newest MOST_FAILED."""
    failed = select(Track.id, Track.title).where(
        Track.artist_id == artist_id, Track.audio_state == AudioState.FAILED.value
    )
    return (await session.execute(failed.order_by(Track.id.desc()).limit(MOST_FAILED))).all()
