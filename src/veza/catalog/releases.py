"""Releases: albums, EPs, singles and sample packs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from veza.catalog import metadata, slugs, tagging
from veza.catalog.artists import Artist
from veza.catalog.sorted_text import SORTED, sort_key_of
from veza.catalog.text_fields import BadValue, clean, sort_key
from veza.kit import outbox
from veza.kit.database import Base, Session
from veza.kit.field_faults import FieldChecks
from veza.kit.messages import gettext
from veza.kit.moves import Machine, Move

STATUSES = ("draft", "scheduled", "published", "withdrawn")
CHANGED = "release.changed"
"""Published with `release_id` when another title, kind or language, or other tags of a public release are shown."""
HEARD_BY = ("owners", "everybody")
"""Who hears all of a release while it is public."""
DESCRIPTION_MOST = 10_000
LICENCE_MOST = 20_000
PRECISIONS = ("day", "month", "year")
"""How much of a release date is known; the date itself is then the first day of its month or year."""


class Release(Base):
    """What an artist publishes; `version` counts its versions, so that of two who change it at once one is told.

    `release_date_precision` (day, month, year) is null exactly where `release_date` is. `heard_by` and `has_preview`
    are the artist's choice, which `library.access` applies.
    """

    __tablename__ = "releases"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    artist_id: Mapped[UUID] = mapped_column(ForeignKey("artists.id"))
    slug: Mapped[str]
    title: Mapped[str]
    title_key: Mapped[str] = mapped_column(SORTED, default=sort_key_of("title"))
    kind: Mapped[str]
    status: Mapped[str]
    version: Mapped[int] = mapped_column("attempt", default=0)
    description: Mapped[str] = mapped_column(default="")
    licence: Mapped[str] = mapped_column(default="")
    language: Mapped[str | None]
    musicbrainz_id: Mapped[UUID | None]
    tags: Mapped[list[Any]]
    cover_id: Mapped[UUID | None]
    heard_by: Mapped[str] = mapped_column(default="owners")
    has_preview: Mapped[bool] = mapped_column(default=True)
    release_date: Mapped[date | None] = mapped_column(Date)
    release_date_precision: Mapped[str | None]
    publish_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    hidden_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("kind IN ('album', 'ep', 'single', 'sample_pack')", name="kind_known"),
        CheckConstraint("status IN ('draft', 'scheduled', 'published', 'withdrawn')", name="status_known"),
        CheckConstraint("heard_by IN ('owners', 'everybody')", name="heard_by_known"),
        Index("uq_releases_artist_id_slug", "artist_id", "slug", unique=True),
        Index(None, "artist_id", "id"),
        Index(None, "cover_id"),
        Index(
            "ix_releases_newest", "published_at", "id",
            postgresql_where=text("status = 'published'"), sqlite_where=text("status = 'published'"),
        ),
        Index(
            "ix_releases_by_title", "title_key", "id",
            postgresql_where=text("status = 'published'"), sqlite_where=text("status = 'published'"),
        ),
        Index(
            "ix_releases_due", "publish_at",
            postgresql_where=text("status = 'scheduled'"), sqlite_where=text("status = 'scheduled'"),
        ),
    )  # fmt: skip

    @property
    def is_published(self) -> bool:
        """Whether its status says so; `visibility` says whether it is public."""
        return self.status == "published"


MOVES = (
    Move("draft", "scheduled", "it is complete and has a time in the future", "the artist"),
    Move("draft", "published", "it is complete", "the artist"),
    Move("scheduled", "published", "its time has come, or the artist does not wait", "release publisher"),
    Move("scheduled", "draft", "it is taken back before its time, or is not complete when it comes", "the artist"),
    Move("published", "withdrawn", "only its owners shall see it from now on", "the artist"),
    Move("withdrawn", "published", "it shall be seen again", "the artist"),
)
machine: Machine[Release] = Machine("release", Release, STATUSES, MOVES, version="version")


class UnknownRelease(LookupError):
    """No such release, or none that the identity may see."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no release {wanted}", wanted=str(wanted)[:100]))


class Outdated(Exception):
    """The release was changed by another request since it was read."""

    def __init__(self, release: Release, version: int) -> None:
        super().__init__(
            gettext(
                "release “{release_title}” is at version {current} now, you read version {version}: read it again",
                release_title=release.title[:60],
                current=release.version,
                version=version,
            )
        )


class NotDraft(Exception):
    """Only what was never published can be deleted."""

    def __init__(self, release: Release) -> None:
        super().__init__(
            gettext(
                "release “{release_title}” is {release_status}: only a draft can be deleted",
                release_title=release.title[:60],
                release_status=release.status,
            )
        )


@dataclass(frozen=True, slots=True)
class ReleaseDraft:
    """A release as it was sent."""

    title: str
    kind: str
    description: str = ""
    licence: str = ""
    language: str | None = None
    musicbrainz_id: UUID | None = None
    tags: Sequence[str] = ()
    heard_by: str = "owners"
    has_preview: bool = True
    release_date: date | None = None
    release_date_precision: str | None = None


async def create_release(session: Session, artist: Artist, wanted: ReleaseDraft) -> Release:
    """A new draft of the artist's. Raises BadValue."""
    release_id = session.new_id()
    facts = _facts({name: getattr(wanted, name) for name in wanted.__slots__})
    row = {
        **facts,
        "id": release_id,
        "artist_id": artist.id,
        "slug": await slugs.give(session, slugs.RELEASE, artist.id, release_id, facts["title"]),
        "status": "draft",
        "version": 1,
        "created_at": session.now,
        "updated_at": session.now,
    }
    (release,) = await machine.create(session, [row], because=gettext("created"))
    await tagging.write(session, tagging.RELEASE, release_id, release.tags)
    return release


async def edit_release(session: Session, release: Release, version: int | None, changes: dict[str, Any]) -> None:
    """Change what `changes` names of a locked release, which was read at `version` (None: not to be compared).

    Raises Outdated, BadValue.
    """
    if version is not None and release.version != version:
        raise Outdated(release, version)
    facts = _facts(changes)
    if release.status != "draft":
        demand_licence(facts.get("kind", release.kind), facts.get("licence", release.licence))
    if "title" in facts:
        facts["slug"] = await slugs.give(session, slugs.RELEASE, release.artist_id, release.id, facts["title"])
    if "tags" in facts:
        await tagging.write(session, tagging.RELEASE, release.id, facts["tags"], release.tags)
    await machine.update(session, release, **facts, version=release.version + 1, updated_at=session.now)
    if release.is_published and ("tags" in facts or "title" in facts):
        await tagging.place(session, tagging.RELEASE, release.id, release.published_at, release.title_key)
    if release.is_published and _SHOWN & set(facts):
        await outbox.publish(session, CHANGED, {"release_id": str(release.id)})


_SHOWN = {"title", "kind", "language", "tags"}


def demand_licence(kind: str, licence: str) -> None:
    """Raises BadValue for a sample pack that says nothing about what may be done with it."""
    if kind == "sample_pack" and not licence:
        raise BadValue(gettext("a sample pack needs a licence: what may be done with its samples"))


def _facts(written: dict[str, Any]) -> dict[str, Any]:
    """The columns that what was written makes; raises BadValue for everything that cannot be taken."""
    facts, checks = dict[str, Any](), FieldChecks()
    for name, value in written.items():
        with checks.field(name):
            facts[name] = _READ[name](value) if name in _READ else value
    checks.demand()
    if "title" in facts:
        facts["title_key"] = sort_key(facts["title"])
    if "release_date" in facts:
        # A date without a word about it is a day; no date is as precise as nothing.
        precision = facts.get("release_date_precision") or "day"
        facts["release_date_precision"] = precision if facts["release_date"] else None
    return facts


def _precision(written: str | None) -> str | None:
    if written is not None and written not in PRECISIONS:
        raise BadValue(
            gettext(
                "a date is as precise as a {precisions}, not “{written}”",
                precisions=", a ".join(PRECISIONS),
                written=written[:20],
            )
        )
    return written


def _heard_by(written: str) -> str:
    if written not in HEARD_BY:
        raise BadValue(
            gettext("all of it is heard by {who}, not by “{written}”", who=" or ".join(HEARD_BY), written=written[:20])
        )
    return written


def _day(day: date | None) -> date | None:
    if day is not None and not metadata.EARLIEST <= day <= metadata.LATEST:
        raise BadValue(
            gettext(
                "a release date lies between {earliest} and {latest}, not on {day}",
                earliest=metadata.EARLIEST,
                latest=metadata.LATEST,
                day=day,
            )
        )
    return day


_READ: dict[str, Callable[[Any], Any]] = {
    "title": lambda value: clean(value, gettext("the title")),
    "description": lambda value: clean(value, gettext("the description"), DESCRIPTION_MOST, lines=True, least=0),
    "licence": lambda value: clean(value, gettext("the licence"), LICENCE_MOST, lines=True, least=0),
    "language": lambda value: None if value is None else metadata.language(value),
    "tags": metadata.tags,
    "heard_by": _heard_by,
    "release_date": _day,
    "release_date_precision": _precision,
}
"""How a field is read; the others are taken as they are."""
