"""People: one row each, with an id that never changes and an e-mail address that may."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import CheckConstraint, bindparam, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit import email_addresses, outbox
from veza.kit.database import Base, Session
from veza.kit.email_addresses import BadAddress
from veza.kit.field_faults import FieldFault
from veza.kit.listing import Slice, by_age
from veza.kit.messages import gettext, message_of
from veza.kit.text import BadText, one_line

LONGEST_NAME = 100
DELETED_NAME = "deleted account"
CHANGED = "person.changed"
"""Published with `person_id` when what others see of a person changed, or whether they see it."""
BadEmail = BadAddress


class Person(Base):
    """`email` is lower case and unique, null once the account is gone; `name` is what others see; mails are written in
    `language` (BCP 47, such as `fr`), in English where it is null; pages show times in `time_zone` (IANA, such as
    `Europe/Paris`), in UTC where it is null. Who is suspended (`suspension`) is signed in nowhere. `is_findable` is
    whether search finds the person; where it is null, it does if the person runs a public artist."""

    __tablename__ = "people"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    email_confirmed_at: Mapped[datetime | None]
    language: Mapped[str | None]
    time_zone: Mapped[str | None]
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    suspension_reason: Mapped[str | None]
    is_findable: Mapped[bool | None]

    __table_args__ = (
        CheckConstraint("(suspended_at IS NULL) = (suspension_reason IS NULL)", name="suspension_reasoned"),
    )

    @property
    def is_confirmed(self) -> bool:
        return self.email_confirmed_at is not None

    @property
    def is_suspended(self) -> bool:
        return self.suspended_at is not None


class UnknownPerson(LookupError):
    """No such person, or not any more."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no person {wanted}", wanted=wanted))


class BadName(FieldFault):
    """Text that cannot be a name; says why."""


class EmailTaken(Exception):
    """The address belongs to another account by now."""

    def __init__(self) -> None:
        super().__init__(gettext("this address belongs to another account by now"))


class NotConfirmed(Exception):
    """Only for accounts whose address is confirmed: an unconfirmed address may be a stranger's."""

    def __init__(self) -> None:
        super().__init__(gettext("confirm your e-mail address first: the link is in the mail you were sent"))


def clean_email(written: str) -> str:
    """The address as it is stored (`email_addresses.normalize`); raises BadEmail."""
    return email_addresses.normalize(written)


def clean_name(written: str) -> str:
    """The name as it is stored: NFC, 1 to 100 characters of any script; raises BadName."""
    try:
        return one_line(written, gettext("the name"), most=LONGEST_NAME)
    except BadText as error:
        raise BadName(message_of(error)) from None


async def find(session: Session, person_id: UUID) -> Person:
    """The person, unless the account is gone; raises UnknownPerson."""
    row = await session.get(Person, person_id)
    if row is None or row.deleted_at is not None:
        raise UnknownPerson(person_id)
    return row


_IS_THERE = select(exists().where(Person.id == bindparam("the_id"), Person.deleted_at.is_(None)))


async def is_there(session: Session, person_id: UUID) -> bool:
    """Whether there is such a person and the account was not deleted."""
    return bool(await session.scalar(_IS_THERE, {"the_id": person_id}))


async def is_open(session: Session, person_id: UUID) -> bool:
    """Whether there is such a person, and the account is not suspended."""
    row = await session.get(Person, person_id)
    return row is not None and row.deleted_at is None and not row.is_suspended


_HELD = (
    select(Person.id)
    .where(Person.id == bindparam("the_id"), Person.deleted_at.is_(None))
    .with_for_update(key_share=True)
)


async def hold(session: Session, person_id: UUID) -> None:
    """Keep the account from being deleted until this transaction ends; raises UnknownPerson if it is deleted
    already."""
    if (await session.execute(_HELD, {"the_id": person_id})).first() is None:
        raise UnknownPerson(person_id)


async def lock(session: Session, person_id: UUID) -> Person:
    """`find`, with the row locked against other writers until this transaction ends."""
    row = await session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if row is None or row.deleted_at is not None:
        raise UnknownPerson(person_id)
    return row


_BY_EMAIL = select(Person).where(Person.email == bindparam("email"))


async def by_email(session: Session, email: str) -> Person | None:
    """The person with this address (as `clean_email` returns it)."""
    return (await session.scalars(_BY_EMAIL, {"email": email})).one_or_none()


async def add(session: Session, email: str, name: str, language: str | None = None) -> UUID | None:
    """A new person with a cleaned address and name; None if another person has the address already."""
    insert: Any = postgresql.insert if session.dialect == "postgresql" else sqlite.insert
    values = {"id": session.new_id(), "email": email, "name": name, "language": language, "created_at": session.now}
    statement = insert(Person).values(values).on_conflict_do_nothing(index_elements=["email"]).returning(Person.id)
    added: UUID | None = (await session.execute(statement)).scalar_one_or_none()
    return added


async def choose_time_zone(session: Session, person_id: UUID, zone: str) -> None:
    """Show times in this zone from now on; in UTC for an empty one. Raises BadText."""
    if zone and zone not in time_zones():
        raise BadText(gettext("there is no time zone {zone}", zone=zone[:60]))
    await session.execute(update(Person).where(Person.id == person_id).values(time_zone=zone or None))


@cache
def time_zones() -> tuple[str, ...]:
    """The zones of places, as the system's database has them; none where it has no such database."""
    return tuple(sorted(one for one in available_timezones() if one.split("/")[0] in _REGIONS))


_REGIONS = frozenset("Africa America Antarctica Arctic Asia Atlantic Australia Europe Indian Pacific".split())


async def rename(session: Session, person_id: UUID, name: str) -> Person:
    """Change the name that others see; raises BadName, UnknownPerson."""
    person = await lock(session, person_id)
    person.name = clean_name(name)
    await session.flush()
    await tell_changed(session, person_id)
    return person


async def choose_findable(session: Session, person_id: UUID, wanted: bool | None) -> Person:
    """Be found by search, or not; None: if the person runs a public artist. Raises UnknownPerson."""
    person = await lock(session, person_id)
    person.is_findable = wanted
    await session.flush()
    await tell_changed(session, person_id)
    return person


async def tell_changed(session: Session, person_id: UUID) -> None:
    """Publish CHANGED."""
    await outbox.publish(session, CHANGED, {"person_id": str(person_id)})


async def confirm(session: Session, person_id: UUID) -> None:
    """Mark the address as confirmed: a mail to it reached the person."""
    mine = update(Person).where(Person.id == person_id, Person.email_confirmed_at.is_(None))
    await session.execute(mine.values(email_confirmed_at=session.now))


SORTS = by_age(Person.id)


async def listed(session: Session, page: Slice, *, text: str | None = None, among: Any = None) -> Sequence[Person]:
    """Accounts with `text` in name or address, whose id is in the subquery `among`."""
    query = select(Person).where(Person.deleted_at.is_(None))
    if text is not None:
        wanted = unicodedata.normalize("NFC", text)
        query = query.where(
            or_(Person.name.icontains(wanted, autoescape=True), Person.email.icontains(wanted, autoescape=True))
        )
    if among is not None:
        query = query.where(Person.id.in_(among))
    return (await session.scalars(page.of(query))).all()
