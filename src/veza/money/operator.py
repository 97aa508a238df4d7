"""What an operator does by hand: try again what was given up, with a reason, looking up first."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, insert
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit import moves
from veza.kit.database import Base, Session
from veza.kit.messages import Message, gettext
from veza.money import findings, payment_frame, recovery, seller_debts, transfers
from veza.money.findings import FindingKind
from veza.money.transfers import SellerTransfer


class OperatorAction(Base):
    """One action of an operator on a payment, and its reason."""

    __tablename__ = "operator_actions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID]
    row_id: Mapped[UUID]
    action: Mapped[str]
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (Index(None, "payment_id"),)


class NothingToRetry(Exception):
    """The transfer is not given up (any more); says what it is and, if another operator was first, what was done."""

    def __init__(self, transfer: SellerTransfer, last_action: Message | None) -> None:
        said = gettext("transfer {id} is {status}: there is nothing to retry", id=transfer.id, status=transfer.status)
        super().__init__(gettext("{said}; last: {action}", said=said, action=last_action) if last_action else said)
        self.status = transfer.status


class ReasonMissing(ValueError):
    """An action by hand needs a reason."""

    def __init__(self, what: str) -> None:
        super().__init__(
            gettext("a {what} needs a reason, 3 to 500 characters: the next person will want to know", what=what)
        )


def reason_for(what: str, given: str) -> str:
    """The reason without spaces around it; raises ReasonMissing."""
    reason = given.strip()
    if not 3 <= len(reason) <= 500:
        raise ReasonMissing(what)
    return reason


async def retry_transfer(session: Session, transfer_id: UUID, reason: str) -> SellerTransfer:
    """Try a permanently failed transfer, or its failed reversals, once more; the worker looks up first.

    Raises UnknownTransfer, ReasonMissing, NothingToRetry (with what happened if another operator was first).
    A transfer that is not owed any more is never sent: rebalance has canceled it, or it is only looked up.
    """
    reason = reason_for("retry", reason)
    found = await transfers.find(session, transfer_id)
    frame = await payment_frame.lock(session, found.payment_id)
    transfer = await frame.transfer(session, transfer_id)
    if transfer.status != "permanently_failed":
        raise NothingToRetry(transfer, await _last_action(session, transfer))
    because = gettext("retried by {actor}: {reason}", actor=session.actor, reason=reason)
    if transfer.failed_step == "transfer":
        await transfers.move(
            session,
            transfer,
            "failed",
            because=because,
            failed_step=None,
            next_retry_at=session.now,
            check_at=None,
            retry_count=0,
            look_first=True,
            waiting_since=None,
        )
        await findings.resolve(session, FindingKind.GIVEN_UP, f"transfer {transfer.id}")
        session.wake(transfers.WAKE)
    else:
        alive = False
        for row in await frame.reversals_of(session, transfer.id):
            if row.status != "permanently_failed":
                continue
            # One reversal per transfer may be in flight: of those that may be alive, the first is tried now.
            if not (row.unanswered and alive):
                alive = alive or row.unanswered
                await seller_debts.reopen(session, frame, transfer, row, because=because)
        await recovery.update_transfer_status(session, frame, transfer, because=because)
    await session.execute(
        insert(OperatorAction),
        {
            "id": session.new_id(),
            "payment_id": frame.payment.id,
            "row_id": transfer.id,
            "action": "retry",
            "reason": reason,
            "by": session.actor,
            "at": session.now,
        },
    )
    return transfer


async def _last_action(session: Session, transfer: SellerTransfer) -> Message | None:
    changes = await moves.history_of(session, transfer.id)
    if not changes:
        return None
    last = changes[-1]
    return gettext("{source} → {target}, {reason}", source=last.source, target=last.target, reason=last.reason)
