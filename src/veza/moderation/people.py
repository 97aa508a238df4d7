"""People as subjects of moderation: they are reported and warned, never hidden."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from veza.accounts import people
from veza.kit.database import Session
from veza.moderation.subjects import CannotHide, Subject, Subjects


async def _label(session: Session, person_id: UUID, _reader_id: UUID) -> str:
    return (await people.find(session, person_id)).name


async def _hide(_session: Session, _person_id: UUID) -> None:
    raise CannotHide


async def _restore(_session: Session, _person_id: UUID) -> bool:
    raise CannotHide


async def _hidden(_session: Session, _ids: Collection[UUID]) -> set[UUID]:
    return set()


async def _is_gone(_session: Session, _person_id: UUID) -> bool:
    """A closed account has left its name in no report: there is nothing to forget with a decision."""
    return False


async def _owners(session: Session, person_id: UUID) -> list[UUID]:
    return [person_id] if await session.get(people.Person, person_id) is not None else []


ACCOUNT_SUBJECTS: Subjects = {
    "person": Subject(label=_label, hide=_hide, restore=_restore, hidden=_hidden, is_gone=_is_gone, owners=_owners)
}
