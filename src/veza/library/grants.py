"""Grants: one for each release or track given to a person, with its cause; revoking takes back exactly that one.

Ids of people, releases and tracks come from other modules and are no foreign keys: a grant outlives the rows it names.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, aliased, mapped_column

from veza.kit.database import Base, Session
from veza.kit.messages import Message, Packed, restored, stored


class ItemKind(StrEnum):
    """What can be owned; owning a release is owning its tracks."""

    RELEASE = "release"
    TRACK = "track"


class CauseKind(StrEnum):
    """The cause of a grant: a line of an order, or a download code."""

    ORDER_LINE = "order_line"
    DOWNLOAD_CODE = "download_code"


class Grant(Base):
    """One release or track, given once. `claim_id` is the id of an order without an account; `person_id` is null until
    a person claims it.

    `release_id` is the release itself, or the track's, so that lists need not ask.
    """

    __tablename__ = "grants"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID | None]
    claim_id: Mapped[UUID | None]
    kind: Mapped[str]
    item_id: Mapped[UUID]
    release_id: Mapped[UUID]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    given_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_because_id: Mapped[str | None] = mapped_column("revoked_because")
    revoked_because_fields: Mapped[Packed | None]

    __table_args__ = (
        CheckConstraint("person_id IS NOT NULL OR claim_id IS NOT NULL", name="somebody_holds"),
        CheckConstraint("kind IN ('release', 'track')", name="kind_known"),
        CheckConstraint("cause_kind IN ('order_line', 'download_code')", name="cause_known"),
        # However often the same news comes, it gives once.
        Index("uq_grants_cause", "cause_kind", "cause_id", unique=True),
        Index(None, "person_id", "kind", "item_id"),
        Index(None, "person_id", "id"),
        Index(None, "claim_id"),
    )

    @property
    def why_revoked(self) -> Message | None:
        """Why it is revoked; None while it is not."""
        if self.revoked_because_id is None:
            return None
        return restored(self.revoked_because_id, self.revoked_because_fields)


ALIVE: ColumnElement[bool] = Grant.revoked_at.is_(None)
"""The grant is not revoked: its holder has what it gave."""
_OTHER = aliased(Grant)
LAST_GIVEN: ColumnElement[bool] = or_(
    ALIVE,
    ~select(_OTHER.id)
    .where(
        _OTHER.person_id == Grant.person_id, _OTHER.kind == Grant.kind, _OTHER.item_id == Grant.item_id,
        or_(_OTHER.revoked_at.is_(None), _OTHER.id > Grant.id),
    )
    .correlate(Grant)
    .exists(),
)  # fmt: skip
"""The grant is alive, or it is the last one of what its person has no more."""


class GrantChange(Base):
    """The history of a grant: given, claimed, revoked or restored, when, by whom and why."""

    __tablename__ = "grant_changes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("grants.id"))
    what: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]
    because_id: Mapped[str] = mapped_column("because")
    because_fields: Mapped[Packed | None]

    __table_args__ = (
        CheckConstraint("what IN ('given', 'claimed', 'revoked', 'restored')", name="what_known"),
        Index(None, "grant_id"),
    )

    @property
    def reason(self) -> Message:
        """Why it was given, claimed, revoked or restored."""
        return restored(self.because_id, self.because_fields)


@dataclass(frozen=True, slots=True)
class Given:
    """A grant to be made: what it gives, to whom, and its cause."""

    kind: ItemKind
    item_id: UUID
    release_id: UUID
    cause_kind: CauseKind
    cause_id: UUID
    person_id: UUID | None = None
    claim_id: UUID | None = None


async def give(session: Session, given: Given, *, because: Message) -> bool:
    """Make the grant; False if its cause has given already (nothing changes then)."""
    dialect: Any = postgresql if session.dialect == "postgresql" else sqlite
    row = {
        "id": session.new_id(),
        "person_id": given.person_id,
        "claim_id": given.claim_id,
        "kind": given.kind.value,
        "item_id": given.item_id,
        "release_id": given.release_id,
        "cause_kind": given.cause_kind.value,
        "cause_id": given.cause_id,
        "given_at": session.now,
    }
    new = dialect.insert(Grant).values(row).on_conflict_do_nothing().returning(Grant.id)
    grant_id = (await session.scalars(new)).one_or_none()
    if grant_id is None:
        return False
    await session.flush()
    _remember(session, [grant_id], "given", because)
    return True


async def revoke(session: Session, cause_kind: CauseKind, cause_ids: Collection[UUID], *, because: Message) -> int:
    """Revoke the grants of these causes and no others; returns how many were alive."""
    why, fields = stored(because)
    changed = await session.execute(
        update(Grant)
        .where(Grant.cause_kind == cause_kind.value, Grant.cause_id.in_(cause_ids), ALIVE)
        .values(revoked_at=session.now, revoked_because_id=why, revoked_because_fields=fields)
        .returning(Grant.id)
        .execution_options(synchronize_session=False)
    )
    return _remember(session, list(changed.scalars()), "revoked", because)


async def restore(session: Session, cause_kind: CauseKind, cause_ids: Collection[UUID], *, because: Message) -> int:
    """Restore the revoked grants of these causes; returns how many live again."""
    changed = await session.execute(
        update(Grant)
        .where(Grant.cause_kind == cause_kind.value, Grant.cause_id.in_(cause_ids), ~ALIVE)
        .values(revoked_at=None, revoked_because_id=None, revoked_because_fields=null())
        .returning(Grant.id)
        .execution_options(synchronize_session=False)
    )
    return _remember(session, list(changed.scalars()), "restored", because)


async def claim(session: Session, claim_ids: Collection[UUID], person_id: UUID, *, because: Message) -> int:
    """Give the person the grants of these orders without an account, revoked ones included; returns how many."""
    changed = await session.execute(
        update(Grant)
        .where(Grant.claim_id.in_(claim_ids), Grant.person_id.is_(None))
        .values(person_id=person_id)
        .returning(Grant.id)
        .execution_options(synchronize_session=False)
    )
    return _remember(session, list(changed.scalars()), "claimed", because)


def _remember(session: Session, grant_ids: Sequence[UUID], what: str, because: Message) -> int:
    why, fields = stored(because)
    said = {"what": what, "at": session.now, "by": session.actor, "because": why, "because_fields": fields}
    session.append(GrantChange, *({"id": session.new_id(), "grant_id": one, **said} for one in grant_ids))
    return len(grant_ids)
