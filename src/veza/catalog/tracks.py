"""Tracks: what is on a release, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid, bindparam, delete, func, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from veza.catalog import metadata, tagging
from veza.catalog.limits import Limits
from veza.catalog.releases import Release
from veza.catalog.sorted_text import SORTED, sort_key_of
from veza.catalog.text_fields import BadValue, clean, sort_key
from veza.catalog.track_drafts import TrackDraft
from veza.kit import outbox
from veza.kit.database import Base, Session, table_of
from veza.kit.field_faults import FieldChecks
from veza.kit.messages import Message, gettext
from veza.moderation import reports

REMOVED = "tracks.removed"
"""Tracks were deleted: `track_ids`."""
CHANGED = "tracks.changed"
"""Published with `track_ids` when listed tracks show something else, can be heard anew, or were put into lists."""


class Track(Base):
    """One track; `artist_id` repeats its release's, for lists. `credits` are {"name", "part"} objects.

    `position` counts from 1 without gaps. `listed_at` is when its release was first published, null while it is not
    public or, for a track added later, has no sound yet: lists are sorted by it. `audio_…` is written by `track_audio`
    alone: whether it can be heard, and which version of its audio plays (samples, Hz).
    """

    __tablename__ = "tracks"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    release_id: Mapped[UUID] = mapped_column(ForeignKey("releases.id"))
    artist_id: Mapped[UUID] = mapped_column(ForeignKey("artists.id"))
    position: Mapped[int]
    title: Mapped[str]
    title_key: Mapped[str] = mapped_column(SORTED, default=sort_key_of("title"))
    credits: Mapped[list[Any]]
    explicit: Mapped[bool] = mapped_column(default=False)
    isrc: Mapped[str | None]
    musicbrainz_id: Mapped[UUID | None]
    language: Mapped[str | None]
    tags: Mapped[list[Any]]
    duration_ms: Mapped[int | None]
    audio_state: Mapped[str] = mapped_column(default="none")
    audio_id: Mapped[UUID | None]
    audio_samples: Mapped[int | None]
    audio_rate: Mapped[int | None]
    listed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("audio_state IN ('none', 'processing', 'ready', 'failed')", name="audio_state_known"),
        Index(None, "release_id", "position"),
        Index(None, "artist_id", "listed_at", "id"),
        Index(
            "ix_tracks_newest", "listed_at", "id",
            postgresql_where=text("listed_at IS NOT NULL"), sqlite_where=text("listed_at IS NOT NULL"),
        ),
        Index(
            "ix_tracks_by_title", "title_key", "id",
            postgresql_where=text("listed_at IS NOT NULL"), sqlite_where=text("listed_at IS NOT NULL"),
        ),
    )  # fmt: skip


class UnknownTrack(LookupError):
    """No such track, or none that the identity may see."""

    def __init__(self, track_id: UUID) -> None:
        super().__init__(gettext("there is no track {track_id}", track_id=track_id))


class WrongOrder(ValueError):
    """A new order must name every track of the release once."""

    def __init__(self, release: Release, given: int, there: int) -> None:
        super().__init__(
            gettext(
                "release “{release_title}” has {there} tracks, the order names {given} of them or "
                "others: name every track once",
                release_title=release.title[:60],
                there=there,
                given=given,
            )
        )


class TrackStays(Exception):
    """A track that a buyer may own is not taken out of its release."""

    def __init__(self, why: Message) -> None:
        super().__init__(why)


async def add_tracks(
    session: Session, release: Release, wanted: Sequence[TrackDraft], *, limits: Limits
) -> list[Track]:
    """Put tracks at the end of a locked release; lists show them once they can be heard. Raises BadValue."""
    count = await count_tracks(session, release.id)
    most, would_have = limits.tracks_per_release, count + len(wanted)
    if would_have > most:
        raise BadValue(
            gettext(
                "a release may have at most {most} tracks (TRACKS_PER_RELEASE), this one would have {would_have}",
                most=most,
                would_have=would_have,
            )
        )
    rows = [
        Track(
            id=session.new_id(),
            release_id=release.id,
            artist_id=release.artist_id,
            position=position,
            listed_at=None,
            created_at=session.now,
            **_facts({name: getattr(one, name) for name in one.__slots__}),
        )
        for position, one in enumerate(wanted, count + 1)
    ]
    session.add_all(rows)
    await session.flush()
    for row in rows:
        await tagging.write(session, tagging.TRACK, row.id, row.tags)
    await session.execute(_SORT_TAGS, {"release": release.id})
    return rows


async def edit_track(session: Session, track: Track, changes: dict[str, Any]) -> None:
    """Change what `changes` names of a track whose release is locked. Raises BadValue."""
    facts = _facts(changes)
    if "tags" in facts:
        await tagging.write(session, tagging.TRACK, track.id, facts["tags"], track.tags)
    for name, value in facts.items():
        setattr(track, name, value)
    await session.flush()
    if "tags" in facts or "title" in facts:
        await session.execute(_SORT_TAGS, {"release": track.release_id})
    if track.listed_at is not None and _SHOWN & set(facts):
        await tell_changed(session, track.id)


_SHOWN = {"title", "credits", "language", "tags"}


async def tell_changed(session: Session, track_id: UUID) -> None:
    """Publish CHANGED."""
    await outbox.publish(session, CHANGED, {"track_ids": [str(track_id)]})


async def remove_track(session: Session, release: Release, track: Track) -> None:
    """Take a track out of a locked release that was never published; the rest move up. Raises TrackStays."""
    if release.published_at is not None:
        raise TrackStays(
            gettext(
                "release “{release_title}” has been published: its tracks stay, for who owns them",
                release_title=release.title[:60],
            )
        )
    if release.status == "scheduled" and await count_tracks(session, release.id) == 1:
        raise TrackStays(
            gettext(
                "release “{release_title}” is scheduled and this is its only track", release_title=release.title[:60]
            )
        )
    track_id = track.id
    await session.delete(track)
    await session.flush()
    await _forget(session, [track_id])
    await _renumber(session, [one.id for one in await tracks_of(session, release.id)])


async def move_track(session: Session, release: Release, track: Track, position: int) -> None:
    """Put a track of a locked release at `position`, 1 being the first; past the end is the end."""
    ids = [one.id for one in await tracks_of(session, release.id) if one.id != track.id]
    ids.insert(max(position, 1) - 1, track.id)
    await _renumber(session, ids)


async def reorder_tracks(session: Session, release: Release, ids: Sequence[UUID]) -> None:
    """Put a locked release's tracks in the order of `ids`, which names each once. Raises WrongOrder."""
    there = {one.id for one in await tracks_of(session, release.id)}
    if set(ids) != there or len(ids) != len(there):
        raise WrongOrder(release, len(there & set(ids)), len(there))
    await _renumber(session, ids)


async def find_track(session: Session, track_id: UUID) -> Track:
    """The track, in every status of its release; raises UnknownTrack."""
    row = await session.get(Track, track_id)
    if row is None:
        raise UnknownTrack(track_id)
    return row


async def tracks_of(session: Session, release_id: UUID) -> Sequence[Track]:
    """A release's tracks in order, at most TRACKS_EVER."""
    return (await session.scalars(_TRACKS_OF, {"release": release_id})).all()


async def count_tracks(session: Session, release_id: UUID) -> int:
    """How many tracks a release has."""
    return int(await session.scalar(select(func.count()).where(Track.release_id == release_id)) or 0)


async def list_tracks(session: Session, release: Release, at: datetime | None) -> None:
    """Show the release's tracks in lists as of `at`, when it was first published, or (None) not any more.

    A track that was added after that and cannot be heard yet stays out of them.
    """
    mine = update(Track).where(Track.release_id == release.id).values(listed_at=at)
    if at is not None:
        mine = mine.where(or_(Track.created_at <= at, Track.audio_state == "ready"))
    await session.execute(mine.execution_options(synchronize_session=False))
    await session.execute(_SORT_TAGS, {"release": release.id})


async def sort_tags(session: Session, release_id: UUID) -> None:
    """Put what its tracks' tags are sorted by beside the tags."""
    await session.execute(_SORT_TAGS, {"release": release_id})


_TRACKS, _TAGS = table_of(Track), table_of(tagging.Tagging)
_SORT_TAGS = (
    update(_TAGS)
    .where(
        _TAGS.c.kind == tagging.TRACK,
        _TAGS.c.about_id.in_(select(_TRACKS.c.id).where(_TRACKS.c.release_id == bindparam("release", type_=Uuid()))),
    )
    .values(
        {
            name: select(_TRACKS.c[name]).where(_TRACKS.c.id == _TAGS.c.about_id).scalar_subquery()
            for name in ("listed_at", "title_key")
        }
    )
)


async def forget_tracks(session: Session, release_id: UUID) -> None:
    """Delete a release's tracks, with their tags."""
    ids = [one.id for one in await tracks_of(session, release_id)]
    if ids:
        await session.execute(delete(Track).where(Track.release_id == release_id))
        await _forget(session, ids)


async def _forget(session: Session, ids: Sequence[UUID]) -> None:
    """What is kept beside tracks that were deleted; who keeps files of them hears of it."""
    await tagging.forget(session, *ids)
    await reports.forget_labels(session, "track", ids)
    await outbox.publish(session, REMOVED, {"track_ids": [str(one) for one in ids]})


async def _renumber(session: Session, ids: Sequence[UUID]) -> None:
    if ids:
        numbers = [{"the_id": track_id, "position": number} for number, track_id in enumerate(ids, 1)]
        await session.execute(_PUT_AT, numbers)
    session.expire_all()


def _facts(written: dict[str, Any]) -> dict[str, Any]:
    """The columns that what was written makes; raises BadValue for everything that cannot be taken."""
    facts, checks = dict[str, Any](), FieldChecks()
    for name, value in written.items():
        with checks.field(name):
            facts[name] = _READ[name](value) if name in _READ else value
    checks.demand()
    if "title" in facts:
        facts["title_key"] = sort_key(facts["title"])
    return facts


_READ: dict[str, Callable[[Any], Any]] = {
    "title": lambda value: clean(value, gettext("the title")),
    "credits": metadata.credits,
    "isrc": lambda value: None if value is None else metadata.isrc(value),
    "language": lambda value: None if value is None else metadata.language(value),
    "tags": metadata.tags,
}
"""How a field is read; the others are taken as they are."""


_TRACKS_OF = (
    select(Track)
    .where(Track.release_id == bindparam("release"))
    .order_by(Track.position, Track.id)
    .execution_options(populate_existing=True)
)
_PUT_AT = (
    update(table_of(Track)).where(table_of(Track).c.id == bindparam("the_id")).values(position=bindparam("position"))
)
