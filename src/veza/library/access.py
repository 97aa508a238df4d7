"""The one rule for tracks and releases: does a person own it, and may the person hear or download it?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, false, or_, select

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog.acting import acts
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.reported import REPORTED_TRACK
from veza.catalog.tracks import Track
from veza.catalog.visibility import HIDDEN_ITSELF, HIDDEN_RELEASE, PUBLISHED, RELEASED, hides
from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.library.grants import ALIVE, Grant, ItemKind


@dataclass(frozen=True, slots=True)
class Access:
    """What a person or visitor may do with a track; `because` says why in a few words. Who `sees` it and may do nothing
    else is told so; for all others it is not there."""

    sees: bool
    stream: bool
    preview: bool
    download: bool
    because: Message


#             sees   stream preview download
EVERYTHING = (True, True, True, True)
HEARING = (True, True, True, False)
PREVIEW = (True, False, True, False)
SEEING = (True, False, False, False)
NOTHING = (False, False, False, False)

_MINE = and_(Grant.person_id == bindparam("person"), ALIVE)
_OWNS_RELEASE = exists().where(_MINE, Grant.kind == "release", Grant.item_id == bindparam("item"))
_OWNS_TRACK = exists().where(
    _MINE,
    or_(
        and_(Grant.kind == "track", Grant.item_id == bindparam("item")),
        and_(
            Grant.kind == "release",
            Grant.item_id == select(Track.release_id).where(Track.id == bindparam("item")).scalar_subquery(),
        ),
    ),
)
_OWNS = {ItemKind.RELEASE: select(_OWNS_RELEASE), ItemKind.TRACK: select(_OWNS_TRACK)}


async def owns(session: Session, person_id: UUID, kind: ItemKind, item_id: UUID) -> bool:
    """Whether the person owns the release or track now; owning a release is owning its tracks."""
    return bool(await session.scalar(_OWNS[kind], {"person": person_id, "item": item_id}))


_ACTIVE = select(Grant.kind, Grant.item_id, Grant.cause_id).where(
    _MINE, Grant.item_id.in_(bindparam("items", expanding=True))
)


async def owned_of(session: Session, person_id: UUID, items: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Which of these releases and tracks the person has a grant of: item → the line or code that gave it."""
    found: dict[UUID, set[UUID]] = {}
    if items:
        for _, item_id, cause_id in await session.execute(_ACTIVE, {"person": person_id, "items": list(items)}):
            found.setdefault(item_id, set()).add(cause_id)
    return found


async def waiting_of(session: Session, claim_ids: Collection[UUID], items: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Which of these have a grant of one of these orders made without an account, claimed or not: item → its cause."""
    alive = (Grant.claim_id.in_(claim_ids), Grant.item_id.in_(items), ALIVE)
    found: dict[UUID, set[UUID]] = {}
    for item_id, cause_id in await session.execute(select(Grant.item_id, Grant.cause_id).where(*alive)):
        found.setdefault(item_id, set()).add(cause_id)
    return found


_OWNS_WITH_COVER = select(
    select(Grant.id)
    .join(Release, Release.id == Grant.release_id)
    .join(Artist, Artist.id == Release.artist_id)
    .where(_MINE, Release.cover_id == bindparam("cover"), ~HIDDEN_RELEASE)
    .exists()
)


async def owns_with_cover(session: Session, person_id: UUID, cover_id: UUID) -> bool:
    """Whether the person has a release with this cover, or a track of one, that no moderator hid."""
    return bool(await session.scalar(_OWNS_WITH_COVER, {"person": person_id, "cover": cover_id}))


_HELD = or_(_MINE, and_(Grant.claim_id == bindparam("claim"), Grant.person_id.is_(None), ALIVE))
"""A grant of the person's, or of an order or code without an account that no person has claimed."""


def _facts(track_id: Any, held: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """What decides over a track of a release, whose joins and conditions are still to be said."""
    return select(
        Release.status,
        Release.heard_by,
        Release.has_preview,
        PUBLISHED,
        or_(HIDDEN_RELEASE, hides(track_id)),
        acts(Artist.id, bindparam("person")),
        exists().where(
            held,
            or_(
                and_(Grant.kind == "track", Grant.item_id == track_id),
                and_(Grant.kind == "release", Grant.item_id == Release.id),
            ),
        ),
    ).join(Artist, Artist.id == Release.artist_id)


_MAY = _facts(bindparam("track"), _MINE).where(Release.id == bindparam("release"))
_MAY_HOLD = (
    _facts(Track.id, _HELD).add_columns(Track.id).join(Track, Track.release_id == Release.id).order_by(Track.position)
)
_MAY_EACH = _MAY_HOLD.where(Release.id == bindparam("release"))
_MAY_THESE = _MAY_HOLD.where(Track.id.in_(bindparam("tracks", expanding=True)))
_MAY_ONE = _MAY_HOLD.where(Track.id == bindparam("track"))


async def may(session: Session, person_id: UUID | None, track: Track) -> Access:
    """What the person (None: a visitor) may do with this track, asked in one statement.

    An artist's people may do everything. Owners keep a track after its release is withdrawn, and lose it while it is
    hidden by a moderator. Every visitor may preview a published track, hear all of it, or only see it, as the artist
    chose for the release (`heard_by`, `has_preview`).
    """
    asked = {"person": person_id, "track": track.id, "release": track.release_id}
    row = (await session.execute(_MAY, asked)).one_or_none()
    if row is None:
        return _GONE
    return _access_of(*row)


async def may_each(
    session: Session, person_id: UUID | None, release_id: UUID, claim_id: UUID | None = None
) -> dict[UUID, Access]:
    """The same for each track of a release, in order, in one statement. `claim_id` is that of an order or code without
    an account whose link was shown: what it gave counts as owned until a person claims it."""
    asked = {"person": person_id, "claim": claim_id, "release": release_id}
    return {track_id: _access_of(*facts) for *facts, track_id in await session.execute(_MAY_EACH, asked)}


async def may_these(session: Session, person_id: UUID | None, track_ids: Collection[UUID]) -> dict[UUID, Access]:
    """The same for each of these tracks that is there, of any releases."""
    asked = {"person": person_id, "claim": None, "tracks": list(track_ids)}
    rows = await session.execute(_MAY_THESE, asked) if track_ids else ()
    return {track_id: _access_of(*facts) for *facts, track_id in rows}


async def may_by_claim(session: Session, person_id: UUID | None, track_id: UUID, claim_id: UUID | None) -> Access:
    """The same for one track."""
    asked = {"person": person_id, "claim": claim_id, "track": track_id}
    row = (await session.execute(_MAY_ONE, asked)).one_or_none()
    return _GONE if row is None else _access_of(*row[:-1])


_TO_JUDGE = (
    select(Track.id)
    .join(Release, Release.id == Track.release_id)
    .join(Artist, Artist.id == Release.artist_id)
    .where(Release.id == bindparam("release"), or_(RELEASED, HIDDEN_RELEASE, HIDDEN_ITSELF, REPORTED_TRACK))
)


async def judged_by(session: Session, identity: Identity, release_id: UUID) -> set[UUID]:
    """The tracks of a release that a moderator hears all of, to judge them: those that were released, that a moderator
    hid, or that a report is open about. A draft that no person reported is for its artist's people alone; for an
    identity that is no moderator there are none."""
    if not identity.may(Permission.MODERATE):
        return set()
    return set((await session.scalars(_TO_JUDGE, {"release": release_id})).all())


_TO_A_VISITOR = (
    select(Release.status, Release.heard_by, Release.has_preview, PUBLISHED, HIDDEN_RELEASE, false(), false())
    .add_columns(Release.id)
    .join(Artist, Artist.id == Release.artist_id)
    .where(
        Release.id.in_(bindparam("releases", expanding=True)),
        exists().where(Track.release_id == Release.id, Track.audio_state == "ready"),
    )
)
"""What decides over a release as a whole, for those with a track that has sound: one row each, however many tracks."""


async def audible(session: Session, release_ids: Collection[UUID]) -> set[UUID]:
    """Those of these releases of which every visitor can hear something: all of it, or previews."""
    rows = await session.execute(_TO_A_VISITOR, {"releases": list(release_ids)}) if release_ids else ()
    given = {release_id: _access_of(*facts) for *facts, release_id in rows}
    return {release_id for release_id, one in given.items() if one.stream or one.preview}


_GONE = Access(*NOTHING, because=gettext("it is gone"))


def _access_of(
    status: str, heard_by: str, has_preview: bool, is_published: bool, is_hidden: bool, is_theirs: bool, is_owned: bool
) -> Access:
    if is_theirs:
        return Access(*EVERYTHING, because=gettext("their own artist's"))
    if is_hidden:
        return Access(*NOTHING, because=gettext("hidden by a moderator"))
    if is_owned:
        return Access(*EVERYTHING, because=gettext("owned"))
    if is_published and heard_by == "everybody":
        return Access(*HEARING, because=gettext("open to everybody"))
    if is_published:
        return Access(*(PREVIEW if has_preview else SEEING), because=gettext("published, not owned"))
    return Access(*NOTHING, because=gettext("the release is {status}", status=status))
