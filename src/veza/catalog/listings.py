"""Lists of what is public, and of what is an artist's: filtered, sorted, read in slices that go on after a row.

A statement is built once for each combination of filters: building it costs more than the database's answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, and_, bindparam, select

from veza.accounts.identity import Identity
from veza.catalog import slugs, tagging, visibility
from veza.catalog.acting import artists_of, sees_all_of
from veza.catalog.artists import Artist
from veza.catalog.covers import Cover
from veza.catalog.releases import Release, UnknownRelease
from veza.catalog.slugs import Slug
from veza.catalog.text_fields import AFTER_ALL, sort_key
from veza.catalog.tracks import Track, UnknownTrack
from veza.catalog.visibility import NO_HIDDEN_ROW, VISIBLE_ARTIST, VISIBLE_RELEASE, HiddenTrack
from veza.kit.database import Session, table_of
from veza.kit.listing import Slice, Sort, any_value, bound, by_age, by_time, constant
from veza.kit.messages import gettext
from veza.kit.rows import Found, Rows, found_by

_A, _R, _T, _C = table_of(Artist), table_of(Release), table_of(Track), table_of(Cover)
_G, _H = table_of(tagging.Tagging), table_of(HiddenTrack)

Build = Callable[[Sort, frozenset[str], bool], Select[Any]]

_BY_TITLE = {"title": Sort(_R.c.id, _R.c.title_key, key_of="title_key")}
ARTIST_SORTS = {**by_age(_A.c.id), "name": Sort(_A.c.id, _A.c.name_key, key_of="name_key")}
RELEASE_SORTS = {**by_time(_R.c.published_at, _R.c.id, "published_at"), **_BY_TITLE}
OWN_RELEASE_SORTS = {**by_age(_R.c.id), **_BY_TITLE}
TRACK_SORTS = {
    **by_time(_T.c.listed_at, _T.c.id, "listed_at"),
    "title": Sort(_T.c.id, _T.c.title_key, key_of="title_key"),
}
# What has a tag is read by the tag's index, which is sorted by the same.
_TAGGED_BY_TITLE = Sort(_G.c.about_id, _G.c.title_key)
_TAGGED_BY_TIME = {**by_time(_G.c.listed_at, _G.c.about_id, ""), "title": _TAGGED_BY_TITLE}
_TAGGED_BY_AGE = {**by_age(_G.c.about_id), "name": _TAGGED_BY_TITLE}
_TAGGED = {
    sorts[name]: tagged[name]
    for sorts, tagged in (
        (ARTIST_SORTS, _TAGGED_BY_AGE),
        (RELEASE_SORTS, _TAGGED_BY_TIME),
        (TRACK_SORTS, _TAGGED_BY_TIME),
    )
    for name in sorts
}


async def artists(session: Session, page: Slice, **filters: Any) -> Rows:
    """Artists that are not hidden. Filters: `text` (how the name begins), `tag`, `member` (a person's own)."""
    return await _rows(session, _select_artists, page, filters)


async def releases(session: Session, page: Slice, **filters: Any) -> Rows:
    """Published releases. Filters: `artist`, `kind`, `tag`, `text` (how the title begins)."""
    return await _rows(session, _select_releases, page, filters)


async def releases_of(session: Session, artist_id: UUID, page: Slice, *, public_only: bool, **filters: Any) -> Rows:
    """An artist's releases; drafts and all that is not public only for its people. Filters: `status`, `kind`."""
    return await _rows(session, _public_of if public_only else _all_of, page, {**filters, "artist": artist_id})


async def tracks(session: Session, page: Slice, **filters: Any) -> Rows:
    """Tracks of published releases. Filters: `artist`, `release`, `tag`, `text` (how the title begins)."""
    return await _rows(session, _select_tracks, page, filters)


async def artists_by_id(session: Session, artist_ids: Collection[UUID]) -> dict[UUID, Found]:
    """Those of these artists that are public, as `artists` has them."""
    rows = await found_by(session, _THESE_ARTISTS, {"ids": list(artist_ids)}) if artist_ids else ()
    return {row.id: row for row in rows}


async def seen_release(session: Session, release_id: UUID, identity: Identity) -> Found:
    """One release as a card, if the identity may see it; raises UnknownRelease."""
    row = (await session.execute(_ONE_RELEASE, {"id": release_id})).one_or_none()
    if row is None or not await _sees(session, row, identity):
        raise UnknownRelease(release_id)
    return row


async def seen_release_of(session: Session, artist: Artist, slug: str, identity: Identity) -> Found:
    """The artist's release of a slug, current or former, if the identity may see it; raises UnknownRelease."""
    row = None
    if slugs.is_slug(slug):
        row = (await session.execute(_RELEASE_BY_SLUG, {"artist": artist.id, "slug": slug})).one_or_none()
    if row is None or not await _sees(session, row, identity):
        raise UnknownRelease(gettext("{artist_slug}/{slug}", artist_slug=artist.slug, slug=slug))
    return row


async def seen_track(session: Session, track_id: UUID, identity: Identity) -> Found:
    """One track as a card, if the identity may see its release; raises UnknownTrack."""
    row = (await session.execute(_ONE_TRACK, {"id": track_id})).one_or_none()
    if row is None or not await _sees(session, row, identity):
        raise UnknownTrack(track_id)
    return row


async def _sees(session: Session, row: Found, identity: Identity) -> bool:
    return visibility.card_is_public(row) or await sees_all_of(session, row.artist_id, identity)


async def release_card(session: Session, release_id: UUID) -> Found:
    """One release with its artist's name and its cover's colours. Raises UnknownRelease: a draft may have been deleted
    since it was seen."""
    row = (await session.execute(_ONE_RELEASE, {"id": release_id})).one_or_none()
    if row is None:
        raise UnknownRelease(release_id)
    return row


async def release_cards(session: Session, release_ids: Collection[UUID]) -> dict[UUID, Found]:
    """Each of these releases that is there as a card, public or not: for who bought it or is about to."""
    rows = await found_by(session, _THESE_RELEASES, {"ids": list(release_ids)}) if release_ids else ()
    return {row.id: row for row in rows}


async def track_card(session: Session, track_id: UUID) -> Found:
    """One track with its release's and artist's names and the cover's colour. Raises UnknownTrack, likewise."""
    row = (await session.execute(_ONE_TRACK, {"id": track_id})).one_or_none()
    if row is None:
        raise UnknownTrack(track_id)
    return row


async def track_cards(session: Session, track_ids: Collection[UUID]) -> dict[UUID, Found]:
    """Each of these tracks that is there as a card, public or not; whether it may be seen is for the caller."""
    rows = await found_by(session, _THESE_TRACKS, {"ids": list(track_ids)}) if track_ids else ()
    return {row.id: row for row in rows}


async def cards_of_release(session: Session, release_id: UUID) -> Rows:
    """A release's tracks in order, each as a card."""
    return await found_by(session, _TRACKS_OF, {"release": release_id})


async def seen_cards_of_release(session: Session, release_id: UUID, identity: Identity) -> Rows:
    """The same, without those a moderator hid unless the identity may see them all the same."""
    rows = await cards_of_release(session, release_id)
    shown = [row for row in rows if not visibility.card_is_hidden(row)]
    if len(shown) == len(rows) or await sees_all_of(session, rows[0].artist_id, identity):
        return rows
    return shown


async def _rows(session: Session, build: Build, page: Slice, filters: dict[str, Any]) -> Rows:
    given = {name: value for name, value in filters.items() if value is not None}
    if "text" in given:
        given["text"] = sort_key(given["text"])
        given["text_end"] = given["text"] + AFTER_ALL
    statement = build(page.sort, frozenset(given), page.after is not None)
    return await found_by(session, statement, {**given, **page.params})


def _begins(column: Any) -> Any:
    return and_(column >= bindparam("text"), column < bindparam("text_end"))


@cache
def _select_artists(sort: Sort, given: frozenset[str], goes_on: bool) -> Select[Any]:
    found = select(_A)
    if "member" in given:  # one's own are shown hidden, too
        found = found.where(_A.c.id.in_(artists_of(bindparam("member", type_=Uuid()))))
    else:
        found = found.where(VISIBLE_ARTIST)
    if "text" in given:
        found = found.where(_begins(_A.c.name_key))
    return _sorted(found, tagging.ARTIST, _A.c.id, sort, given, goes_on=goes_on)


_THESE_ARTISTS = select(_A).where(VISIBLE_ARTIST, _A.c.id.in_(bindparam("ids", expanding=True, type_=Uuid())))
_CARD = (
    _A.c.slug.label("artist_slug"), _A.c.name.label("artist_name"), _A.c.hidden_at.label("artist_hidden_at"),
    _C.c.colour, _C.c.sizes, _C.c.palette_hash,
)  # fmt: skip
_RELEASES = select(_R, *_CARD).join(_A, _A.c.id == _R.c.artist_id).outerjoin(_C, _C.c.id == _R.c.cover_id)
_TRACKS = (
    select(
        _T,
        _R.c.title.label("release_title"),
        _R.c.slug.label("release_slug"),
        _R.c.cover_id,
        _R.c.heard_by,
        _R.c.has_preview,
        *_CARD,
        _H.c.hidden_at,
    )
    .join(_R, _R.c.id == _T.c.release_id)
    .join(_A, _A.c.id == _T.c.artist_id)
    .outerjoin(_C, _C.c.id == _R.c.cover_id)
    .outerjoin(_H, _H.c.track_id == _T.c.id)
)
_TRACKS_OF = _TRACKS.where(_T.c.release_id == bindparam("release", type_=Uuid())).order_by(_T.c.position, _T.c.id)
_STANDING = (_R.c.status.label("release_status"), _R.c.hidden_at.label("release_hidden_at"))
_ONE_RELEASE = _RELEASES.add_columns(*_STANDING).where(_R.c.id == bindparam("id", type_=Uuid()))
_THESE_RELEASES = _RELEASES.add_columns(*_STANDING).where(_R.c.id.in_(bindparam("ids", expanding=True, type_=Uuid())))
_RELEASE_BY_SLUG = _RELEASES.add_columns(*_STANDING).join(
    Slug, slugs.leads_to(slugs.RELEASE, bindparam("artist", type_=Uuid()), _R.c.id)
)
_THESE_TRACKS = _TRACKS.add_columns(*_STANDING).where(_T.c.id.in_(bindparam("ids", expanding=True, type_=Uuid())))
_ONE_TRACK = _TRACKS.add_columns(*_STANDING).where(_T.c.id == bindparam("id", type_=Uuid()))


@cache
def _select_releases(sort: Sort, given: frozenset[str], goes_on: bool) -> Select[Any]:
    found = _RELEASES.where(VISIBLE_RELEASE)
    if "artist" in given:
        found = found.where(_R.c.artist_id == bindparam("artist", type_=Uuid()))
    if "kind" in given:
        found = found.where(_R.c.kind == bindparam("kind"))
    if "text" in given:
        found = found.where(_begins(_R.c.title_key))
    return _sorted(found, tagging.RELEASE, _R.c.id, sort, given, goes_on=goes_on)


@cache
def _all_of(sort: Sort, given: frozenset[str], goes_on: bool) -> Select[Any]:
    return _of(_RELEASES, sort, given, goes_on=goes_on)


@cache
def _public_of(sort: Sort, given: frozenset[str], goes_on: bool) -> Select[Any]:
    return _of(_RELEASES.where(VISIBLE_RELEASE), sort, given, goes_on=goes_on)


def _of(found: Select[Any], sort: Sort, given: frozenset[str], *, goes_on: bool) -> Select[Any]:
    found = found.where(_R.c.artist_id == bindparam("artist", type_=Uuid()))
    if "status" in given:
        found = found.where(_R.c.status == bindparam("status"))
    if "kind" in given:
        found = found.where(_R.c.kind == bindparam("kind"))
    return sort.prepared(found, goes_on=goes_on)


@cache
def _select_tracks(sort: Sort, given: frozenset[str], goes_on: bool) -> Select[Any]:
    found = _TRACKS.where(_T.c.listed_at.is_not(None), NO_HIDDEN_ROW, VISIBLE_RELEASE)
    if "artist" in given:
        found = found.where(_T.c.artist_id == bindparam("artist", type_=Uuid()))
    if "release" in given:
        found = found.where(_T.c.release_id == bindparam("release", type_=Uuid()))
    if "text" in given:
        found = found.where(_begins(_T.c.title_key))
    return _sorted(found, tagging.TRACK, _T.c.id, sort, given, goes_on=goes_on)


def _sorted(
    found: Select[Any], kind: str, row_id: Any, sort: Sort, given: frozenset[str], *, goes_on: bool
) -> Select[Any]:
    # By one thing alone a list is read in its order from an index, for any value. How many begin with a text, and
    # how a tag meets an artist, decide which index is the better one.
    skewed = len(given) > 1 or "text" in given
    if "tag" in given:
        tag = (bound if skewed else any_value)("tag", _G.c.tag)
        found = found.join(_G, _G.c.about_id == row_id).where(
            _G.c.kind == constant(kind), _G.c.tag == tag, _G.c.listed_at.is_not(None)
        )
        sort = _TAGGED[sort]
    return sort.prepared(found, goes_on=goes_on, skewed=skewed)
