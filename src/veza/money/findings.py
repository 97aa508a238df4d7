"""Findings: what a person should know, each a sentence, open until it is resolved."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Insert, bindparam, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session, table_of
from veza.kit.messages import Message, Packed, gettext, restored, stored
from veza.kit.money import Amount
from veza.kit.visible import visible, visible_in
from veza.money.causes import Cause


class FindingKind(StrEnum):
    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT_DIFFERS = "amount_differs"
    STATE_DIFFERS = "state_differs"
    MADE_IN_DASHBOARD = "made_in_dashboard"
    SURPLUS = "surplus_nobody_planned"
    PAYMENT_ODD = "payment_odd"
    HELD_CURRENCY = "held_for_currency"
    SELLER_DEBT = "seller_debt"
    GIVEN_UP = "given_up"
    LOOK_UP_IMPOSSIBLE = "look_up_impossible"
    KEY_REUSED = "idempotency_key_reused"
    BREAKER_OPEN = "breaker_open"
    ACCOUNT_GONE = "account_gone"
    REFUSED_ALONE = "refused_alone"
    LAW_BROKEN = "law_broken"
    PLATFORM_LOSS = "platform_loss"
    WEBHOOK_FAILED = "webhook_failed"
    SECOND_CHARGE = "second_charge"
    ODD_OBJECT = "odd_object"
    """Something of the provider's that cannot be read or compared: it was left out, the rest went on."""
    RUN_FAILED = "run_failed"
    """A chore on a schedule did not come to its end."""
    OTHER_ACCOUNT = "other_account"
    OLDER_THAN_PROVIDER = "older_than_provider"
    """The provider has events this database never stored, as after a restore: nothing is sent until it caught up."""


class Finding(Base):
    """One thing found: about which payment and object, in one sentence, and what would mend it.

    `charge_id` is a charge at the provider that one action gives back to the buyer, where that is what it is about.
    """

    __tablename__ = "findings"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    payment_id: Mapped[UUID | None]
    charge_id: Mapped[str | None]
    message_id: Mapped[str] = mapped_column("message")
    message_fields: Mapped[Packed | None]
    mend_id: Mapped[str] = mapped_column("mend")
    mend_fields: Mapped[Packed | None]
    detail: Mapped[dict[str, Any]]
    opened_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_findings_open",
            "kind",
            "subject",
            unique=True,
            postgresql_where=text("resolved_at IS NULL"),
            sqlite_where=text("resolved_at IS NULL"),
        ),
        Index(None, "payment_id"),
        Index(None, "opened_at"),
    )

    @property
    def said(self) -> Message:
        """What was found."""
        return restored(self.message_id, self.message_fields)

    @property
    def advice(self) -> Message:
        """What would mend it."""
        return restored(self.mend_id, self.mend_fields)

    @property
    def message(self) -> str:
        """What was found, in English; what no database stores, or moves a terminal's cursor, as an escape."""
        return str(self.said)

    @property
    def mend(self) -> str:
        """What would mend it, in English."""
        return str(self.advice)


async def report(
    session: Session,
    kind: FindingKind,
    subject: str,
    message: Message,
    *,
    mend: Message,
    payment_id: UUID | None = None,
    charge_id: str | None = None,
    **detail: Any,
) -> bool:
    """Open a finding, unless the same one (kind and subject) is open already; True when it is new.

    It may quote what others sent: what no database stores, or moves a terminal's cursor, is written as an escape.
    """
    message_id, message_fields = stored(visible_in(message))
    mend_id, mend_fields = stored(mend)
    row = {
        "id": session.new_id(),
        "kind": kind.value,
        "subject": visible(subject, one_line=True),
        "payment_id": payment_id,
        "charge_id": charge_id,
        "message": message_id,
        "message_fields": message_fields,
        "mend": mend_id,
        "mend_fields": mend_fields,
        "detail": detail,
        "opened_at": session.now,
    }
    return (await session.execute(_NEW[session.dialect], row)).first() is not None


# Two may report the same at once: the second must not undo the transaction it reports from.
_NEW: dict[str, Insert] = {
    name: dialect.insert(table_of(Finding)).on_conflict_do_nothing().returning(table_of(Finding).c.id)
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}


async def resolve(session: Session, kind: FindingKind, subject: str) -> None:
    """Close the open finding of this kind and subject, if there is one."""
    await session.execute(_RESOLVED, {"the_kind": kind, "the_subject": subject, "now": session.now})


_RESOLVED = (
    update(table_of(Finding))
    .where(
        table_of(Finding).c.kind == bindparam("the_kind"),
        table_of(Finding).c.subject == bindparam("the_subject"),
        table_of(Finding).c.resolved_at.is_(None),
    )
    .values(resolved_at=bindparam("now"))
)


class UnknownFinding(LookupError):
    """No such finding."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no finding {wanted}", wanted=wanted))


class ResolvedAlready(ValueError):
    """Another operator was first; says when, and what they noted."""

    def __init__(self, finding: Finding) -> None:
        noted = finding.detail.get("resolution")
        at = gettext("finding {id} was resolved {at}", id=finding.id, at=finding.resolved_at)
        if noted:
            super().__init__(gettext("{at}, by {by}: {note}", at=at, by=noted["by"], note=noted["note"]))
        else:
            super().__init__(gettext("{at}, because what it was about went away", at=at))


async def resolve_by_hand(session: Session, finding_id: UUID, note: str) -> Finding:
    """A person has seen to it and says what they did. Raises UnknownFinding, ResolvedAlready."""
    mine = select(Finding).where(Finding.id == finding_id).with_for_update()
    finding = (await session.scalars(mine.execution_options(populate_existing=True))).one_or_none()
    if finding is None:
        raise UnknownFinding(finding_id)
    if finding.resolved_at is not None:
        raise ResolvedAlready(finding)
    finding.resolved_at = session.now
    finding.detail = {**finding.detail, "resolution": {"by": session.actor, "note": note}}
    await session.flush()
    return finding


async def report_loss(session: Session, payment_id: UUID, cause: Cause, excess_minor: int, currency: str) -> None:
    """More went back than was paid (a refund and a dispute of the same money): the platform bears it."""
    await report(
        session,
        FindingKind.PLATFORM_LOSS,
        str(cause),
        gettext(
            "{cause} returned {excess} more than payment {payment_id} had left",
            cause=cause.said,
            excess=Amount(excess_minor, currency),
            payment_id=payment_id,
        ),
        mend=gettext("nothing to take from sellers; contest the dispute with the refund as evidence"),
        payment_id=payment_id,
    )
