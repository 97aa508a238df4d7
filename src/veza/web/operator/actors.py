"""The person behind an actor of a history, by name: “person 0190…” says nothing to a reader."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from veza.accounts.people import Person
from veza.kit.database import Session

_PERSON = "person "


async def name_of(session: Session, actor: str) -> str:
    """The person's name, else the actor as it stands: a worker, the operator's token, a person who has left."""
    if not actor.startswith(_PERSON):
        return actor
    try:
        person_id = UUID(actor.removeprefix(_PERSON))
    except ValueError:
        return actor
    return await session.scalar(select(Person.name).where(Person.id == person_id)) or actor
