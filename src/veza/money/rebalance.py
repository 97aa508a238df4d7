"""Owed, planned, and the intents that close the difference.

`owed(seller)` follows from the facts, `planned(seller)` from the rows; `rebalance` makes them equal by
writing intents, never by asking the provider. It is a pure function of the rows of a locked payment:
calling it twice does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.money import recovery, returns, reversals, sending, surplus, transfers
from veza.money.causes import Cause, CauseKind
from veza.money.ledger import Account, moved, post
from veza.money.payment_frame import PaymentFrame
from veza.money.payments import Payment, PaymentLine
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer


@dataclass(frozen=True, slots=True)
class SellerBook:
    """One seller's side of one payment: what is owed, and the rows that plan for it."""

    seller_id: str
    owed_minor: int
    transfers: Sequence[SellerTransfer]
    reversals: Sequence[TransferReversal]

    @property
    def planned_minor(self) -> int:
        """Σ sent of transfers not canceled - what later sales paid of them - Σ reversals not canceled + what others
        took that is not needed."""
        sent = sum(row.sent_minor - row.netted_minor for row in self.transfers if row.status != "canceled")
        back = sum(row.amount_minor - row.surplus_minor for row in self.reversals if row.status != "canceled")
        return sent - back

    def left_of(self, transfer: SellerTransfer) -> int:
        """What of a sent transfer no reversal speaks for, and no later sale has paid."""
        spoken = sum(r.amount_minor for r in self.reversals if r.transfer_id == transfer.id and r.status != "canceled")
        return transfer.sent_minor - transfer.netted_minor - spoken


async def books(session: Session, frame: PaymentFrame) -> list[SellerBook]:
    """Every seller's book of a locked payment, in the order of its lines."""
    back = await frame.returned(session)
    sent = await frame.transfers(session)
    reversed_ = await frame.reversals(session) if sent else ()
    return draw_up(frame.payment, await frame.lines(session), back, sent, reversed_)


def draw_up(
    payment: Payment,
    lines: Sequence[PaymentLine],
    back: Mapping[UUID, int],
    sent: Sequence[SellerTransfer],
    reversed_: Sequence[TransferReversal],
) -> list[SellerBook]:
    """The books of one payment from its lines, what of each went back to the buyer, and its rows."""
    owed: dict[str, int] = {}
    for line in lines:
        owed[line.seller_id] = owed.get(line.seller_id, 0) + returns.owed(line, back.get(line.id, 0), payment.currency)
    return [
        SellerBook(
            seller,
            minor,
            [row for row in sent if row.seller_id == seller],
            [row for row in reversed_ if row.seller_id == seller],
        )
        for seller, minor in owed.items()
    ]


async def rebalance(session: Session, frame: PaymentFrame, cause: Cause) -> None:
    """Close the difference between owed and planned for every seller of a locked payment, because of `cause`.

    Nothing happens before the payment is cleared: its transfers do not exist yet.
    """
    if frame.payment.cleared_at is None:
        return
    drawn = await books(session, frame)
    for book in drawn:
        gap = book.planned_minor - book.owed_minor
        if gap > 0:
            await _need_back(session, frame, book, gap, cause)
        elif gap < 0:
            await _recredit(session, frame, book, -gap, cause)
    if any(surplus.spare(book.reversals) for book in drawn):

        async def mark_unwanted(row: TransferReversal, taker: Cause) -> None:
            await _mark_unwanted(session, row, taker)

        for book in await books(session, frame):
            await surplus.cover_open_reversals(session, frame, book.transfers, book.reversals, mark_unwanted)


async def _need_back(session: Session, frame: PaymentFrame, book: SellerBook, gap: int, cause: Cause) -> None:
    """planned > owed: use up a surplus, lower what was never sent, then reverse, newest transfer first.

    What was kept for a debt comes last: the provider has nothing of it, so it becomes a debt again.
    """
    gap -= await surplus.use(session, book.reversals, gap)
    for transfer in reversed(book.transfers):
        if gap and transfers.is_unsent(transfer):
            part = min(gap, transfer.sent_minor)
            if transfer.unanswered:
                await _mark_unwanted(session, transfer, cause)
            else:
                await sending.lower(session, frame, transfer, part, because=cause.said)
            gap -= part
    newest_first = list(reversed(book.transfers))
    newest_first.sort(key=transfers.is_kept)
    for transfer in newest_first:
        part = min(gap, book.left_of(transfer)) if transfer.status != "canceled" else 0
        if part > 0 and not transfers.is_unsent(transfer):
            rows = [row for row in book.reversals if row.transfer_id == transfer.id]
            await recovery.add(session, frame, transfer, part, _unspoken_cause(session, rows, cause))
            await recovery.update_transfer_status(session, frame, transfer, because=cause.said)
            gap -= part


async def _recredit(session: Session, frame: PaymentFrame, book: SellerBook, gap: int, cause: Cause) -> None:
    """planned < owed: cancel what was never carried out, then send a re-credit."""
    by_id = {transfer.id: transfer for transfer in book.transfers}
    open_rows = [row for row in reversed(book.reversals) if row.status in ("pending", "permanently_failed")]
    for row in open_rows:
        if not gap:
            return
        part = min(gap, row.amount_minor)
        if row.unanswered:
            # Its request may be alive: judged again when its answer is known.
            await _mark_unwanted(session, row, cause)
        else:
            transfer = by_id[row.transfer_id]
            await recovery.lower(session, frame, transfer, row, part, because=cause.said)
            await recovery.update_transfer_status(session, frame, transfer, because=cause.said)
        gap -= part
    if gap:
        await sending.add(
            session, frame, book.seller_id, gap, cause, because=gettext("given back: {cause}", cause=cause)
        )
        legs = moved(Account.SHARES_UNSENT, Account.TO_RECOVER, gap, book.seller_id)
        post(session, frame.payment.id, frame.payment.currency, f"re-credit because of {cause}", legs, cause=cause)


async def _mark_unwanted(session: Session, row: SellerTransfer | TransferReversal, cause: Cause) -> None:
    """This row's request may be alive and is not wanted any more: look, do not send, then judge again."""
    if row.unwanted_at is not None and row.unwanted_cause_id == cause.id:
        return
    facts = {
        "unwanted_at": session.now,
        "unwanted_cause_kind": cause.kind.value,
        "unwanted_cause_id": cause.id,
    }
    if row.status == "permanently_failed" and row.check_at is None:
        facts["check_at"] = session.now
    if isinstance(row, SellerTransfer):
        await transfers.machine.update(session, row, **facts)
    else:
        await reversals.machine.update(session, row, **facts)


def _unspoken_cause(session: Session, rows: Sequence[TransferReversal], cause: Cause) -> Cause:
    """`cause`, unless one of a transfer's live reversals has it already: a cause speaks once per transfer."""
    spoken = {(row.cause_kind, row.cause_id) for row in rows if row.status != "canceled"}
    if (cause.kind.value, cause.id) not in spoken:
        return cause
    return Cause(CauseKind.REBALANCE, session.new_id())
