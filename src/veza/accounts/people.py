"""People: one row each, known by an id that never changes and an e-mail address that may."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session


class Person(Base):
    """`email` is lower case and unique, null once the account is gone; `name` is what others see."""

    __tablename__ = "people"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    email_confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class UnknownPerson(LookupError):
    """No such person, or not any more."""

    def __init__(self, wanted: object) -> None:
        super().__init__(f"there is no person {wanted}")


async def find(session: Session, person_id: UUID) -> Person:
    """The person, unless the account is gone; raises UnknownPerson."""
    row = await session.get(Person, person_id)
    if row is None or row.deleted_at is not None:
        raise UnknownPerson(person_id)
    return row
