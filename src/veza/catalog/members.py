"""The people of an artist: who is added, who goes, and that an owner stays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from veza.accounts import audit
from veza.accounts.audit import Act
from veza.accounts.emails import Addressee
from veza.accounts.people import Person, UnknownPerson, clean_email
from veza.accounts.people import find as find_person
from veza.catalog.artists import Artist, ArtistMember
from veza.catalog.limits import Limits
from veza.catalog.text_fields import BadValue
from veza.catalog.visibility import VISIBLE_ARTIST
from veza.kit import outbox
from veza.kit.database import Session
from veza.kit.messages import gettext, ngettext

CHANGED = "artist.people_changed"
"""Published with `artist_id` and `person_id` when a person was added to an artist's people, or has gone."""
NAMED_AT_MOST = 5
"""Artists a refusal names before it counts the rest."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of an artist's people, with the name others see."""

    person_id: UUID
    name: str
    role: str
    since: datetime


class UnknownMember(LookupError):
    """The person is not one of the artist's."""

    def __init__(self, person_id: UUID) -> None:
        super().__init__(gettext("person {person_id} is not one of this artist's people", person_id=person_id))


class LastOwner(Exception):
    """Without an owner, who acts for the artist could never be changed; names the artists."""

    def __init__(self, artists: Sequence[Artist]) -> None:
        names = ", ".join(artist.name for artist in artists[:NAMED_AT_MOST])
        more = len(artists) - NAMED_AT_MOST
        if more > 0:
            said = gettext(
                "{names} and {more} more need an owner: make another person one first", names=names, more=more
            )
        else:
            said = ngettext(
                "{names} needs an owner: make another person one first",
                "{names} need an owner: make another person one first",
                len(artists),
                names=names,
            )
        super().__init__(said)


class AlreadyMember(Exception):
    """The person is one of the artist's already."""

    def __init__(self, person_id: UUID, role: str) -> None:
        super().__init__(
            gettext(
                "person {person_id} is one of this artist's people already, as {role}", person_id=person_id, role=role
            )
        )


async def members_of(session: Session, artist_id: UUID) -> Sequence[Member]:
    """The artist's people, those of longest standing first."""
    found = (
        select(ArtistMember.person_id, Person.name, ArtistMember.role, ArtistMember.since)
        .join(Person, Person.id == ArtistMember.person_id)
        .where(ArtistMember.artist_id == artist_id)
        .order_by(ArtistMember.since, ArtistMember.person_id)
    )
    return [Member(*row) for row in (await session.execute(found)).all()]


async def count_members(session: Session, artist_id: UUID) -> int:
    """How many people the artist has."""
    return int(await session.scalar(select(func.count()).where(ArtistMember.artist_id == artist_id)) or 0)


async def people_of(session: Session, artist_id: Any) -> list[UUID]:
    """The ids of an artist's people, in their order; `artist_id` may be a subquery."""
    return list(await session.scalars(_PEOPLE.where(ArtistMember.artist_id == artist_id)))


async def confirmed_addresses(session: Session, artist_ids: Collection[UUID]) -> dict[UUID, list[Addressee]]:
    """Artist → its people who have a confirmed address, each with it; those of longest standing first."""
    found: dict[UUID, list[Addressee]] = {artist_id: [] for artist_id in artist_ids}
    rows = await session.execute(
        select(ArtistMember.artist_id, Person.id, Person.email, Person.language, Person.time_zone)
        .join(Person, Person.id == ArtistMember.person_id)
        .where(ArtistMember.artist_id.in_(list(found)), Person.email.is_not(None))
        .where(Person.email_confirmed_at.is_not(None))
        .order_by(ArtistMember.since, Person.id)
    )
    for artist_id, person_id, email, language, time_zone in rows:
        found[artist_id].append(Addressee(person_id, str(email), language, time_zone))
    return found


async def add_member(
    session: Session, artist: Artist, person_id: UUID, role: str = "member", *, limits: Limits
) -> Member:
    """Add a person to a locked artist.

    Raises UnknownPerson, AlreadyMember, and BadValue when there are `limits.people_per_artist`.
    """
    person = await find_person(session, person_id)
    there = await session.get(ArtistMember, (artist.id, person.id))
    if there is not None:
        raise AlreadyMember(person.id, there.role)
    count = await count_members(session, artist.id)
    most = limits.people_per_artist
    if count >= most:
        raise BadValue(
            gettext(
                "{artist_name} has {count} people already, at most {most} are possible (PEOPLE_PER_ARTIST)",
                artist_name=artist.name,
                count=count,
                most=most,
            )
        )
    session.add(ArtistMember(artist_id=artist.id, person_id=person.id, role=role, since=session.now))
    await session.flush()
    audit.note(session, Act.MEMBER_ADDED, person.id, detail=f"artist {artist.id} as {role}")
    await _tell_changed(session, artist.id, person.id)
    return Member(person.id, person.name, role, session.now)


async def change_role(session: Session, artist: Artist, person_id: UUID, role: str) -> Member:
    """Make one of a locked artist's people an `owner` or a `member`; raises UnknownMember, LastOwner."""
    row = await _member(session, artist, person_id)
    if row.role == "owner" and role != "owner":
        await owner_may_go(session, person_id, artist.id)
    if row.role != role:
        row.role = role
        await session.flush()
        audit.note(session, Act.MEMBER_CHANGED, person_id, detail=f"artist {artist.id} as {role}")
    person = await session.get_one(Person, person_id)
    return Member(person_id, person.name, role, row.since)


async def remove_member(session: Session, artist: Artist, person_id: UUID) -> None:
    """One of a locked artist's people goes; raises UnknownMember, LastOwner."""
    row = await _member(session, artist, person_id)
    if row.role == "owner":
        await owner_may_go(session, person_id, artist.id)
    await session.delete(row)
    await session.flush()
    audit.note(session, Act.MEMBER_REMOVED, person_id, detail=f"artist {artist.id}")
    await _tell_changed(session, artist.id, person_id)


async def _tell_changed(session: Session, artist_id: UUID, person_id: UUID) -> None:
    await outbox.publish(session, CHANGED, {"artist_id": str(artist_id), "person_id": str(person_id)})


async def with_public_artist(session: Session, person_ids: Collection[UUID]) -> set[UUID]:
    """Which of these people act for an artist that is public."""
    mine = select(ArtistMember.person_id).join(Artist, Artist.id == ArtistMember.artist_id)
    return set(await session.scalars(mine.where(ArtistMember.person_id.in_(person_ids), VISIBLE_ARTIST)))


async def _member(session: Session, artist: Artist, person_id: UUID) -> ArtistMember:
    row = await session.get(ArtistMember, (artist.id, person_id), populate_existing=True)
    if row is None:
        raise UnknownMember(person_id)
    return row


async def owner_may_go(session: Session, person_id: UUID, artist_id: UUID | None = None) -> None:
    """The one rule of every way an owner goes: leaving, being removed or made a member, the end of the account.

    Raises LastOwner for artists (without `artist_id`: any of them) that the person alone owns; locks them, so that of
    two owners who go at once one stays.
    """
    other = aliased(ArtistMember)
    mine = select(ArtistMember.artist_id).where(ArtistMember.person_id == person_id, ArtistMember.role == "owner")
    if artist_id is not None:
        mine = mine.where(ArtistMember.artist_id == artist_id)
    owned = select(Artist).where(Artist.id.in_(mine)).order_by(Artist.id).with_for_update()
    artists = (await session.scalars(owned)).all()
    others = select(other.artist_id).where(
        other.artist_id.in_([artist.id for artist in artists]), other.role == "owner", other.person_id != person_id
    )
    with_others = set((await session.scalars(others)).all())
    alone = sorted((artist for artist in artists if artist.id not in with_others), key=lambda artist: artist.name)
    if alone:
        raise LastOwner(alone)


async def person_by_email(session: Session, email: str) -> Person:
    """The person of a confirmed address: only that one says it is theirs. Raises BadEmail, UnknownPerson."""
    wanted = clean_email(email)
    mine = select(Person).where(
        Person.email == wanted, Person.email_confirmed_at.is_not(None), Person.deleted_at.is_(None)
    )
    row = (await session.scalars(mine)).first()
    if row is None:
        raise UnknownPerson(gettext("with the confirmed address {wanted}", wanted=wanted[:100]))
    return row


_PEOPLE = select(ArtistMember.person_id).order_by(ArtistMember.person_id)
