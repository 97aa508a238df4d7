"""Lists of what is public, and of what is an artist's: filtered, sorted, read in slices that go on after a row.

A statement is built once for each combination of filters: building it costs more than the database's answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Result, Row, Select, Uuid, and_, bindparam, or_, select

from veza.catalog import tagging
from veza.catalog.artists import Artist, ArtistMember, acts_for
from veza.catalog.askers import Asker
from veza.catalog.covers import Cover
from veza.catalog.releases import Release, UnknownRelease
from veza.catalog.tracks import Track, UnknownTrack
from veza.catalog.visibility import HiddenTrack
from veza.catalog.wording import AFTER_ALL, sort_key
from veza.kit.database import Session, table_of

Sort = Literal["newest", "name", "title"]
_A, _R, _T, _C = table_of(Artist), table_of(Release), table_of(Track), table_of(Cover)
_G, _H = table_of(tagging.Tagging), table_of(HiddenTrack)

Build = Callable[[str, frozenset[str], bool], Select[Any]]
After = tuple[str, UUID]
"""The row to go on after: the instant (ISO) or the name it is sorted by, and its id."""


async def artists(
    session: Session, limit: int, after: After | None = None, *, sort: str = "newest", **filters: Any
) -> Sequence[Row[Any]]:
    """Artists that are not hidden. Filters: `text` (how the name begins), `tag`, `member` (a person's own)."""
    return await _rows(session, _artists, limit, after, sort, filters)


async def releases(
    session: Session, limit: int, after: After | None = None, *, sort: str = "newest", **filters: Any
) -> Sequence[Row[Any]]:
    """Published releases. Filters: `artist`, `kind`, `tag`, `text` (how the title begins)."""
    return await _rows(session, _releases, limit, after, sort, filters)


async def releases_of(
    session: Session,
    artist_id: UUID,
    limit: int,
    after: UUID | None = None,
    status: str | None = None,
    *,
    public_only: bool,
) -> Sequence[Row[Any]]:
    """An artist's releases, newest first; drafts and all that is not public only for its people."""
    filters = {"artist": artist_id, "after_id": after, "status": status}
    given = {name: value for name, value in filters.items() if value is not None}
    found: Result[Any] = await session.execute(_releases_of(frozenset(given), public_only), {**given, "limit": limit})
    return found.all()


async def tracks(
    session: Session, limit: int, after: After | None = None, *, sort: str = "newest", **filters: Any
) -> Sequence[Row[Any]]:
    """Tracks of published releases. Filters: `artist`, `release`, `tag`, `text` (how the title begins)."""
    return await _rows(session, _tracks, limit, after, sort, filters)


async def seen_release(session: Session, release_id: UUID, asker: Asker) -> Row[Any]:
    """One release as a card, if the asker may see it; raises UnknownRelease."""
    row = (await session.execute(_RELEASE, {"id": release_id})).one_or_none()
    if row is None or not await _sees(session, row, asker):
        raise UnknownRelease(release_id)
    return row


async def seen_track(session: Session, track_id: UUID, asker: Asker) -> Row[Any]:
    """One track as a card, if the asker may see its release; raises UnknownTrack."""
    row = (await session.execute(_TRACK, {"id": track_id})).one_or_none()
    if row is None or not await _sees(session, row, asker, hidden=row.hidden_at is not None):
        raise UnknownTrack(track_id)
    return row


async def _sees(session: Session, row: Row[Any], asker: Asker, *, hidden: bool = False) -> bool:
    hidden = hidden or row.release_hidden_at is not None or row.artist_hidden_at is not None
    if row.release_status == "published" and not hidden:
        return True
    return asker.sees_everything or await acts_for(session, row.artist_id, asker)


async def release_card(session: Session, release_id: UUID) -> Row[Any]:
    """One release with its artist's name and its cover's colour."""
    return (await session.execute(_RELEASE, {"id": release_id})).one()


async def track_card(session: Session, track_id: UUID) -> Row[Any]:
    """One track with its release's and artist's names and the cover's colour."""
    return (await session.execute(_TRACK, {"id": track_id})).one()


async def track_cards(session: Session, release_id: UUID) -> Sequence[Row[Any]]:
    """A release's tracks in order, each as a card."""
    return (await session.execute(_TRACKS_OF, {"release": release_id})).all()


async def seen_track_cards(session: Session, release_id: UUID, asker: Asker) -> Sequence[Row[Any]]:
    """The same, without those a moderator hid unless the asker may see them all the same."""
    rows = await track_cards(session, release_id)
    if all(row.hidden_at is None for row in rows) or asker.sees_everything:
        return rows
    if await acts_for(session, rows[0].artist_id, asker):
        return rows
    return [row for row in rows if row.hidden_at is None]


async def _rows(
    session: Session, build: Build, limit: int, after: After | None, sort: str, filters: dict[str, Any]
) -> Sequence[Row[Any]]:
    given = {name: value for name, value in filters.items() if value is not None}
    if "text" in given:
        given["text"] = sort_key(given["text"])
        given["text_end"] = given["text"] + AFTER_ALL
    statement = build(sort, frozenset(given), after is not None)
    if after is not None:
        given["after_key"] = datetime.fromisoformat(after[0]) if sort == "newest" else after[0]
        given["after_id"] = after[1]
    return (await session.execute(statement, {**given, "limit": limit})).all()


def _listing(found: Select[Any], by: Any, row_id: Any, sort: str, *, after: bool) -> Select[Any]:
    """Sorted by `by` and the id, going on after a row when `after` is true."""
    key = bindparam("after_key", type_=by.type)
    key_id = bindparam("after_id", type_=Uuid())
    if sort == "newest":
        found = found.order_by(by.desc(), row_id.desc())
        beyond = and_(by <= key, or_(by < key, row_id < key_id))
    else:
        found = found.order_by(by, row_id)
        beyond = and_(by >= key, or_(by > key, row_id > key_id))
    if after:
        found = found.where(beyond)
    return found.limit(bindparam("limit"))


def _begins(column: Any) -> Any:
    return and_(column >= bindparam("text"), column < bindparam("text_end"))


@cache
def _artists(sort: str, given: frozenset[str], after: bool) -> Select[Any]:
    found = select(_A)
    if "member" in given:  # one's own are shown hidden, too
        mine = select(ArtistMember.artist_id).where(ArtistMember.person_id == bindparam("member", type_=Uuid()))
        found = found.where(_A.c.id.in_(mine))
    else:
        found = found.where(_A.c.hidden_at.is_(None))
    if "text" in given:
        found = found.where(_begins(_A.c.name_key))
    if "tag" in given:
        found = found.where(tagging.has_tag(tagging.ARTIST, _A.c.id, bindparam("tag")))
    return _listing(found, _A.c.created_at if sort == "newest" else _A.c.name_key, _A.c.id, sort, after=after)


_CARD = (
    _A.c.slug.label("artist_slug"), _A.c.name.label("artist_name"), _A.c.hidden_at.label("artist_hidden_at"),
    _C.c.colour, _C.c.sizes,
)  # fmt: skip
_RELEASES = select(_R, *_CARD).join(_A, _A.c.id == _R.c.artist_id).outerjoin(_C, _C.c.id == _R.c.cover_id)
_TRACKS = (
    select(
        _T, _R.c.title.label("release_title"), _R.c.slug.label("release_slug"), _R.c.cover_id, *_CARD, _H.c.hidden_at
    )
    .join(_R, _R.c.id == _T.c.release_id)
    .join(_A, _A.c.id == _T.c.artist_id)
    .outerjoin(_C, _C.c.id == _R.c.cover_id)
    .outerjoin(_H, _H.c.track_id == _T.c.id)
)
_TRACKS_OF = _TRACKS.where(_T.c.release_id == bindparam("release", type_=Uuid())).order_by(_T.c.position, _T.c.id)
_STANDING = (_R.c.status.label("release_status"), _R.c.hidden_at.label("release_hidden_at"))
_RELEASE = _RELEASES.add_columns(*_STANDING).where(_R.c.id == bindparam("id", type_=Uuid()))
_TRACK = _TRACKS.add_columns(*_STANDING).where(_T.c.id == bindparam("id", type_=Uuid()))
_PUBLIC = (_R.c.status == "published", _R.c.hidden_at.is_(None), _A.c.hidden_at.is_(None))


@cache
def _releases(sort: str, given: frozenset[str], after: bool) -> Select[Any]:
    found = _RELEASES.where(*_PUBLIC)
    if "artist" in given:
        found = found.where(_R.c.artist_id == bindparam("artist", type_=Uuid()))
    if "kind" in given:
        found = found.where(_R.c.kind == bindparam("kind"))
    if "text" in given:
        found = found.where(_begins(_R.c.title_key))
    if "tag" in given:
        found = found.where(tagging.has_tag(tagging.RELEASE, _R.c.id, bindparam("tag")))
    return _listing(found, _R.c.published_at if sort == "newest" else _R.c.title_key, _R.c.id, sort, after=after)


@cache
def _releases_of(given: frozenset[str], public_only: bool) -> Select[Any]:
    found = _RELEASES.where(_R.c.artist_id == bindparam("artist", type_=Uuid()))
    if public_only:
        found = found.where(*_PUBLIC)
    if "status" in given:
        found = found.where(_R.c.status == bindparam("status"))
    if "after_id" in given:
        found = found.where(_R.c.id < bindparam("after_id", type_=Uuid()))
    return found.order_by(_R.c.id.desc()).limit(bindparam("limit"))


@cache
def _tracks(sort: str, given: frozenset[str], after: bool) -> Select[Any]:
    found = _TRACKS.where(_T.c.listed_at.is_not(None), _H.c.track_id.is_(None), *_PUBLIC)
    if "artist" in given:
        found = found.where(_T.c.artist_id == bindparam("artist", type_=Uuid()))
    if "release" in given:
        found = found.where(_T.c.release_id == bindparam("release", type_=Uuid()))
    if "text" in given:
        found = found.where(_begins(_T.c.title_key))
    if "tag" not in given:
        return _listing(found, _T.c.listed_at if sort == "newest" else _T.c.title_key, _T.c.id, sort, after=after)
    found = found.join(_G, _G.c.about_id == _T.c.id)
    found = found.where(_G.c.kind == tagging.TRACK, _G.c.tag == bindparam("tag"), _G.c.listed_at.is_not(None))
    return _listing(found, _G.c.listed_at if sort == "newest" else _G.c.title_key, _G.c.about_id, sort, after=after)
