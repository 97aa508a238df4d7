"""Artists: who publishes and is paid."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid, bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts import audit
from veza.accounts.audit import Act
from veza.accounts.people import Person
from veza.catalog import metadata, slugs, tagging
from veza.catalog.limits import Limits
from veza.catalog.slugs import Slug
from veza.catalog.sorted_text import SORTED, sort_key_of
from veza.catalog.text_fields import BadValue, clean, same_name, sort_key
from veza.kit import outbox
from veza.kit.database import Base, Session
from veza.kit.field_faults import FieldChecks
from veza.kit.messages import gettext
from veza.kit.money import known_currency

BIO_MOST = 5_000
CHANGED = "artist.changed"
"""Published with `artist_id` when an artist is new, or another name or other tags of it are shown."""
MOST_ALIKE = 1_000
"""Artists whose names are alike but for case and accents: enough to find those of one name among them."""


class Artist(Base):
    """Who publishes and is paid: to the money module the seller `str(id)`. `fee_bps` null: the platform's fee."""

    __tablename__ = "artists"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(SORTED, default=sort_key_of("name"))
    bio: Mapped[str] = mapped_column(default="")
    tags: Mapped[list[Any]] = mapped_column(default=list)
    country: Mapped[str]
    currency: Mapped[str]
    fee_bps: Mapped[int | None]
    created_at: Mapped[datetime]
    hidden_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("fee_bps IS NULL OR fee_bps BETWEEN 0 AND 10000", name="fee_possible"),
        Index(None, "name_key", "id"),
    )


class ArtistMember(Base):
    """A person who may act for an artist: an `owner` may change who does, a `member` may not."""

    __tablename__ = "artist_members"

    artist_id: Mapped[UUID] = mapped_column(ForeignKey("artists.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    role: Mapped[str] = mapped_column("part")
    since: Mapped[datetime]

    __table_args__ = (CheckConstraint("part IN ('owner', 'member')", name="part_known"), Index(None, "person_id"))


class UnknownArtist(LookupError):
    """No such artist, or none that the identity may see."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no artist {wanted}", wanted=str(wanted)[:100]))


class TooManyArtists(Exception):
    """A person runs as many artists as one may."""

    def __init__(self, count: int, most: int) -> None:
        super().__init__(
            gettext(
                "you run {count} artists already, at most {most} are possible (ARTISTS_PER_PERSON)",
                count=count,
                most=most,
            )
        )


class ArtistChanged(Exception):
    """The artist's page was changed by another request since it was read."""

    def __init__(self, artist: Artist) -> None:
        super().__init__(
            gettext(
                "the page of {artist_name} was changed by another request since you read it",
                artist_name=artist.name[:60],
            )
        )


@dataclass(frozen=True, slots=True)
class ArtistDraft:
    """An artist as it was sent; `currencies` are those the platform settles."""

    name: str
    country: str
    currency: str
    bio: str = ""
    tags: Sequence[str] = ()


async def open_artist(
    session: Session, person_id: UUID, wanted: ArtistDraft, *, currencies: Sequence[str], limits: Limits
) -> Artist:
    """A new artist with `person_id` as its owner. Raises BadValue, BadAmount, TooManyArtists."""
    mine = select(func.count()).where(ArtistMember.person_id == person_id)
    count = int(await session.scalar(mine) or 0)
    if count >= limits.artists_per_person:
        raise TooManyArtists(count, limits.artists_per_person)
    artist_id = session.new_id()
    facts = _facts({name: getattr(wanted, name) for name in wanted.__slots__}, currencies)
    row = Artist(
        id=artist_id,
        slug=await slugs.give(session, slugs.ARTIST, slugs.EVERYWHERE, artist_id, facts["name"]),
        created_at=session.now,
        **facts,
    )
    session.add(row)
    await session.flush()
    session.add(ArtistMember(artist_id=artist_id, person_id=person_id, role="owner", since=session.now))
    await _tag(session, row, ())
    await session.flush()
    await outbox.publish(session, CHANGED, {"artist_id": str(artist_id)})
    return row


async def edit_artist(
    session: Session, artist: Artist, changes: dict[str, Any], *, currencies: Sequence[str], read: str | None = None
) -> None:
    """Change what `changes` names (name, bio, tags, country, currency) of a locked artist, which was `read` in this
    state (`state_of`; None: not to be compared). Raises as open_artist, and ArtistChanged."""
    if read is not None and read != state_of(artist):
        raise ArtistChanged(artist)
    before, facts = artist.tags, _facts(changes, currencies)
    if "name" in facts:
        facts["slug"] = await slugs.give(session, slugs.ARTIST, slugs.EVERYWHERE, artist.id, facts["name"])
    for name, value in facts.items():
        setattr(artist, name, value)
    await session.flush()
    if "name" in changes or "tags" in changes:
        await _tag(session, artist, before)
        await outbox.publish(session, CHANGED, {"artist_id": str(artist.id)})


def state_of(artist: Artist) -> str:
    """A digest of all that `edit_artist` changes: what was read in one state is not written over another one."""
    of = repr((artist.name, artist.bio, tuple(artist.tags), artist.country, artist.currency))
    return hashlib.sha256(of.encode()).hexdigest()[:32]


async def _tag(session: Session, artist: Artist, before: Sequence[str]) -> None:
    await tagging.write(session, tagging.ARTIST, artist.id, artist.tags, before)
    if artist.tags:
        await tagging.place(session, tagging.ARTIST, artist.id, artist.created_at, artist.name_key)


async def set_fee(session: Session, artist: Artist, fee_bps: int | None) -> None:
    """What the platform takes of this artist's sales, in basis points; None: as configured. Raises BadValue."""
    checks = FieldChecks()
    with checks.field("fee_bps"):
        if fee_bps is not None and not 0 <= fee_bps <= 10_000:
            raise BadValue(gettext("a fee is 0 to 10000 basis points, not {fee_bps}", fee_bps=fee_bps))
    checks.demand()
    artist.fee_bps = fee_bps
    await session.flush()
    fee = "as configured" if fee_bps is None else f"{fee_bps} basis points"
    audit.note(session, Act.FEE_SET, None, detail=f"artist {artist.id}: {fee}")


async def find_artist(session: Session, artist_id: UUID) -> Artist:
    """The artist, hidden or not; raises UnknownArtist."""
    row = await session.get(Artist, artist_id)
    if row is None:
        raise UnknownArtist(artist_id)
    return row


async def artist_of(session: Session, wanted: str) -> Artist | None:
    """The artist of a slug or an id."""
    artist_id = slugs.as_id(wanted)
    if artist_id is not None:
        return (await session.scalars(_BY_ID, {"id": artist_id})).one_or_none()
    return (await session.scalars(_BY_SLUG, {"slug": wanted})).one_or_none() if slugs.is_slug(wanted) else None


_BY_ID = select(Artist).where(Artist.id == bindparam("id", type_=Uuid()))
_BY_SLUG = select(Artist).join(Slug, slugs.leads_to(slugs.ARTIST, slugs.EVERYWHERE, Artist.id))


async def named(session: Session, wanted: str) -> tuple[list[Artist], bool]:
    """The artists of this name, in any case of letters (at most 50), and True; else the one of this id or slug, and
    whether it is the id. Names that differ in accents are other names: a search may find both, a payment not."""
    alike = select(Artist).where(Artist.name_key == sort_key(wanted)).order_by(Artist.id).limit(MOST_ALIKE)
    same = [row for row in await session.scalars(alike) if same_name(row.name) == same_name(wanted)]
    if same:
        return same[:50], True
    row = await artist_of(session, wanted)
    return [row] if row else [], slugs.as_id(wanted) is not None


def _facts(written: Mapping[str, Any], currencies: Sequence[str]) -> dict[str, Any]:
    """The columns that what was written makes; raises BadValue or BadAmount for everything that cannot be taken."""
    read: dict[str, Callable[[Any], Any]] = {
        "name": lambda value: clean(value, gettext("the artist's name")),
        "bio": lambda value: clean(value, gettext("the bio"), BIO_MOST, lines=True, least=0),
        "country": metadata.country,
        "currency": lambda value: _currency(value, currencies),
        "tags": metadata.tags,
    }
    facts, checks = dict[str, Any](), FieldChecks()
    for name in (name for name in read if name in written):
        with checks.field(name):
            facts[name] = read[name](written[name])
    checks.demand()
    if "name" in facts:
        facts["name_key"] = sort_key(facts["name"])
    return facts


def _currency(written: str, currencies: Sequence[str]) -> str:
    code = known_currency(written)
    if code not in currencies:
        raise BadValue(
            gettext(
                "the platform does not settle in {code}, only in {currencies}",
                code=code,
                currencies=", ".join(currencies),
            )
        )
    return code
