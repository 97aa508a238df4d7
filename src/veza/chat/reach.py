"""Whom a person lets write to them: a choice of their own, and the people whom they block."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, and_, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts import people
from veza.accounts.people import Person
from veza.catalog.acting import acts
from veza.community.follows import Follow
from veza.kit.database import Base, Session
from veza.kit.insert_ignore import insert_ignore
from veza.kit.listing import Slice, by_age
from veza.kit.messages import gettext
from veza.kit.rows import Rows, found_by

BLOCKED_MOST = 1_000
"""Whom one person may block: every list that this person reads looks for its authors among them."""


class WhoMayWrite(StrEnum):
    """Who may open a direct channel with a person; `followed` are the people of artists whom the person follows."""

    EVERYBODY = "everybody"
    FOLLOWED = "followed"
    NOBODY = "nobody"


class ChatSetting(Base):
    """What one person chose; without a row every person may write."""

    __tablename__ = "chat_settings"

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    who_may_write: Mapped[str]
    changed_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("who_may_write IN ({})".format(", ".join(f"'{one}'" for one in WhoMayWrite)), name="who_known"),
    )


class PersonBlock(Base):
    """`person_id` reads nothing more of `blocked_id`; `id` sorts one's blocks by when they began."""

    __tablename__ = "person_blocks"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    blocked_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    since: Mapped[datetime]

    __table_args__ = (
        Index("uq_person_blocks_person_id_blocked_id", "person_id", "blocked_id", unique=True),
        Index(None, "blocked_id"),
    )


class NotReachable(Exception):
    """They take no messages from this person, or are not there: one answer for both."""

    def __init__(self, count: int) -> None:
        super().__init__(gettext("{count} of these people are not there, or take no messages from you", count=count))


class CannotBlock(ValueError):
    """Oneself, or more people than one may block."""


def blocks(person_id: Any, blocked_id: Any) -> ColumnElement[bool]:
    """A condition of statements: the one blocks the other."""
    return (
        select(PersonBlock.id).where(PersonBlock.person_id == person_id, PersonBlock.blocked_id == blocked_id).exists()
    )


async def demand_reachable(session: Session, writer_id: UUID, recipients: Collection[UUID]) -> None:
    """Raises NotReachable unless each of these people lets the writer write to them."""
    choice = func.coalesce(ChatSetting.who_may_write, WhoMayWrite.EVERYBODY.value)
    is_followed = select(Follow.id).where(Follow.person_id == Person.id, acts(Follow.artist_id, writer_id)).exists()
    reachable = (
        select(Person.id)
        .outerjoin(ChatSetting, ChatSetting.person_id == Person.id)
        .where(
            Person.id.in_(recipients),
            Person.deleted_at.is_(None),
            Person.suspended_at.is_(None),
            ~blocks(Person.id, writer_id),
            or_(
                choice == WhoMayWrite.EVERYBODY.value,
                and_(choice == WhoMayWrite.FOLLOWED.value, is_followed),
            ),
        )
    )
    found = set((await session.scalars(reachable)).all())
    if len(found) < len(set(recipients)):
        raise NotReachable(len(set(recipients)) - len(found))


async def choice_of(session: Session, person_id: UUID) -> WhoMayWrite:
    """Who may open a direct channel with the person."""
    row = await session.get(ChatSetting, person_id)
    return WhoMayWrite(row.who_may_write) if row is not None else WhoMayWrite.EVERYBODY


async def choose(session: Session, person_id: UUID, who: WhoMayWrite) -> None:
    """The person's choice from now on; direct channels that are open stay open. Raises UnknownPerson."""
    await people.hold(session, person_id)
    insert: Any = postgresql.insert if session.dialect == "postgresql" else sqlite.insert
    changed = {"who_may_write": who.value, "changed_at": session.now}
    added = insert(ChatSetting).values({"person_id": person_id, **changed})
    await session.execute(added.on_conflict_do_update(index_elements=["person_id"], set_=changed))


async def block(session: Session, person_id: UUID, blocked_id: UUID) -> None:
    """Nothing that the other writes arrives any more; blocking twice is blocking once. Raises UnknownPerson,
    CannotBlock."""
    if person_id == blocked_id:
        raise CannotBlock(gettext("you cannot block yourself"))
    await people.hold(session, person_id)
    await people.find(session, blocked_id)
    count = await session.scalar(select(func.count()).where(PersonBlock.person_id == person_id)) or 0
    if count >= BLOCKED_MOST:
        raise CannotBlock(gettext("you block {count} people, the most that is possible", count=count))
    row = {"id": session.new_id(), "person_id": person_id, "blocked_id": blocked_id, "since": session.now}
    await insert_ignore(session, PersonBlock, row)


async def unblock(session: Session, person_id: UUID, blocked_id: UUID) -> None:
    """What the other wrote and writes arrives again; raises UnknownPerson."""
    await people.find(session, blocked_id)
    mine = (PersonBlock.person_id == person_id, PersonBlock.blocked_id == blocked_id)
    await session.execute(delete(PersonBlock).where(*mine))


SORTS = by_age(PersonBlock.id)


async def blocked_by(session: Session, person_id: UUID, page: Slice) -> Rows:
    """Whom the person blocks (id, person_id, name, since)."""
    found = select(PersonBlock.id, Person.id.label("person_id"), Person.name, PersonBlock.since)
    found = found.join(Person, Person.id == PersonBlock.blocked_id).where(PersonBlock.person_id == person_id)
    return await found_by(session, page.of(found))
