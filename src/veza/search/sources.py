"""What the modules below have that is public, as documents of the index. Nothing else says what is searched."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, bindparam, func, select

from veza.accounts.people import Person
from veza.catalog import members
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.catalog.visibility import VISIBLE_ARTIST, VISIBLE_RELEASE, VISIBLE_TRACK
from veza.community.playlists import PUBLIC, Playlist
from veza.ingest.audio_versions import AudioVersion
from veza.kit.amount import Amount
from veza.kit.database import Session
from veza.kit.rows import Found, Query, Rows, found_by
from veza.library.grants import ItemKind
from veza.market import products
from veza.market.products import Pricing
from veza.search import facets, popularity
from veza.search.index import Document
from veza.search.places import Kind, bucket_of

MOST_FACETS = 60
_IDS = bindparam("ids", expanding=True, type_=Uuid())


async def documents(session: Session, kind: Kind, ids: Collection[UUID]) -> list[Document]:
    """Those of these things that are public, as lists have them; the others are left out."""
    if not ids:
        return []
    rows = await found_by(session, _PUBLIC[kind].where(_ID[kind].in_(_IDS)), {"ids": list(ids)})
    if kind == "person":
        rows = await _findable(session, rows)
    there = [row.id for row in rows]
    buckets = await popularity.known_buckets(session, there)
    plays = await popularity.plays_of(session, kind, [one for one in there if one not in buckets])
    prices = await _prices(session, kind, there)
    return [
        _document(kind, row, buckets.get(row.id, bucket_of(plays.get(row.id, 0))), prices.get(row.id))
        for row in rows
    ]  # fmt: skip


async def public(session: Session, kind: Kind, ids: Collection[UUID]) -> set[UUID]:
    """Which of these things are public."""
    if not ids:
        return set()
    if kind == "person":
        return {row.id for row in await findable(session, ids)}
    wanted = _PUBLIC[kind].with_only_columns(_ID[kind]).where(_ID[kind].in_(_IDS))
    return set((await session.scalars(wanted, {"ids": list(ids)})).all())


async def page(session: Session, kind: Kind, after: UUID | None, limit: int) -> list[UUID]:
    """The next `limit` ids of a kind, public or not, in the order of ids; none at the end."""
    column = _ID[kind]
    wanted = select(column).order_by(column).limit(limit)
    return list(await session.scalars(wanted if after is None else wanted.where(column > after)))


async def depending_on(session: Session, kind: Kind, about_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
    """The next `limit` tracks of a release, releases or tracks of an artist: what shows its name. `kind` is theirs."""
    column = _ID[kind]
    mine = select(column).where(_belongs(kind, about_id)).order_by(column).limit(limit)
    return list(await session.scalars(mine if after is None else mine.where(column > after)))


def _belongs(kind: Kind, about_id: UUID) -> ColumnElement[bool]:
    if kind == "release":
        return Release.artist_id == about_id
    return (Track.artist_id == about_id) | (Track.release_id == about_id)


async def all_depending_on(session: Session, about_id: UUID) -> dict[Kind, list[UUID]]:
    """Every release and track of an artist, or track of a release."""
    releases = await session.scalars(select(Release.id).where(_belongs("release", about_id)))
    tracks = await session.scalars(select(Track.id).where(_belongs("track", about_id)))
    return {"release": list(releases), "track": list(tracks)}


async def artists_of(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """The artists of these releases and tracks."""
    wanted = list(ids)
    found = set(await session.scalars(select(Release.artist_id).where(Release.id.in_(wanted)).distinct()))
    return found | set(await session.scalars(select(Track.artist_id).where(Track.id.in_(wanted)).distinct()))


async def _findable(session: Session, rows: Rows) -> list[Found]:
    """The people who want to be found; those who did not say do if they run a public artist."""
    undecided = [row.id for row in rows if row.is_findable is None]
    artists = await members.with_public_artist(session, undecided) if undecided else set()
    return [row for row in rows if row.is_findable or row.id in artists]


async def findable(session: Session, ids: Collection[UUID]) -> list[Found]:
    """Those of these people who are found by search: `id`, `name`."""
    if not ids:
        return []
    wanted = _PUBLIC["person"].where(_ID["person"].in_(_IDS))
    return await _findable(session, await found_by(session, wanted, {"ids": list(ids)}))


async def _prices(session: Session, kind: Kind, ids: Collection[UUID]) -> Mapping[UUID, products.Product]:
    if kind not in ("release", "track"):
        return {}
    return await products.on_sale(session, ItemKind(kind), ids)


def _document(kind: Kind, row: Found, bucket: int, product: products.Product | None) -> Document:
    read: Mapping[str, Any] = row._asdict()
    name, by = row.name, read.get("by") or ""
    credited = [str(one["name"]) for one in read.get("credits") or ()]
    return Document(
        row.id,
        kind,
        name,
        bucket,
        by,
        read.get("on") or "",
        also=_romanised(name),
        others=[*credited, *_romanised(by), *_romanised(read.get("on") or "")],
        facets=list(dict.fromkeys(_facets(read, product)))[:MOST_FACETS],
    )


def _romanised(name: str) -> Sequence[str]:
    """The name in Latin letters, as a reader of its script would type it on a Latin keyboard."""
    if name.isascii():
        return []
    from slugify import slugify  # late: see catalog.slugs

    latin = str(slugify(name, separator=" "))
    return [latin] if latin else []


def _facets(read: Mapping[str, Any], product: products.Product | None) -> Iterator[str]:
    for tag in read.get("tags") or ():
        yield facets.word_of("tag", str(tag))
    if read.get("format"):
        yield facets.word_of("format", read["format"])
    if read.get("is_lossless"):
        yield facets.word_of("format", facets.FLAC)
    if language := read.get("language") or read.get("release_language"):
        yield facets.word_of("language", language)
    if product is not None:
        is_free = product.pricing == Pricing.FREE
        yield facets.price_word(Amount(product.price_minor, product.currency), is_free=is_free)


_LOSSLESS = AudioVersion.rendered["is_lossless"].as_boolean()
_PLAYS_LOSSLESS = (
    select(_LOSSLESS).where(AudioVersion.id == Track.audio_id).correlate(Track).limit(1).scalar_subquery()
)  # fmt: skip
_ALL_LOSSLESS: Select[bool] = (
    select(func.count() > 0)
    .select_from(Track)
    .join(AudioVersion, AudioVersion.id == Track.audio_id)
    .where(Track.release_id == Release.id, _LOSSLESS)
    .correlate(Release)
)
_PUBLIC: dict[Kind, Query] = {
    "artist": select(Artist.id, Artist.name, Artist.tags).where(VISIBLE_ARTIST),
    "release": select(
        Release.id, Release.title.label("name"), Artist.name.label("by"), Release.tags, Release.kind.label("format"),
        Release.language, _ALL_LOSSLESS.scalar_subquery().label("is_lossless"),
    ).join(Artist, Artist.id == Release.artist_id).where(VISIBLE_RELEASE),
    "track": select(
        Track.id, Track.title.label("name"), Artist.name.label("by"), Release.title.label("on"), Track.tags,
        Track.credits, Release.kind.label("format"), Track.language, Release.language.label("release_language"),
        _PLAYS_LOSSLESS.label("is_lossless"),
    ).join(Release, Release.id == Track.release_id).join(Artist, Artist.id == Track.artist_id)
    .where(Track.listed_at.is_not(None), VISIBLE_TRACK),
    # Without its owner's name: people are found if they want to be.
    "playlist": select(Playlist.id, Playlist.title.label("name")).where(PUBLIC),
    "person": select(Person.id, Person.name, Person.is_findable).where(
        Person.deleted_at.is_(None), Person.suspended_at.is_(None), Person.email_confirmed_at.is_not(None)
    ),
}  # fmt: skip
_ID: dict[Kind, Any] = {
    "artist": Artist.id, "release": Release.id, "track": Track.id, "playlist": Playlist.id, "person": Person.id
}  # fmt: skip
