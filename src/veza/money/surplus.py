"""Surplus: money reversed at the provider that no refund or dispute needs, found before a gap is closed.

A reversal made at the provider is all surplus when it is first seen. Money that is needed back uses it up, and so
do our own reversals that were not carried out yet: they are covered by it. What is left then is a finding. So every gap
between owed and planned is closed by our own reversals and re-credits, also one that was caused at the provider.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.kit.money import Amount
from veza.money import findings, recovery, reversals
from veza.money.causes import Cause, CauseKind
from veza.money.findings import FindingKind
from veza.money.payment_frame import PaymentFrame
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer

MarkUnwanted = Callable[[TransferReversal, Cause], Awaitable[None]]


def spare(rows: Sequence[TransferReversal]) -> list[TransferReversal]:
    """Those of a seller's reversals that took more than was needed, oldest first."""
    return [row for row in rows if row.status == "succeeded" and row.surplus_minor]


async def use(session: Session, rows: Sequence[TransferReversal], most_minor: int) -> int:
    """Count up to `most_minor` of what these rows took too much as needed; returns how much that was."""
    left = most_minor
    for row in spare(rows):
        used = min(left, row.surplus_minor)
        if used:
            await reversals.machine.update(session, row, surplus_minor=row.surplus_minor - used)
            # Told again with the right amount if something is left of it.
            await findings.resolve(session, FindingKind.SURPLUS, f"reversal {row.id}")
            left -= used
    return most_minor - left


async def cover_open_reversals(
    session: Session,
    frame: PaymentFrame,
    transfers: Sequence[SellerTransfer],
    rows: Sequence[TransferReversal],
    mark_unwanted: MarkUnwanted,
) -> None:
    """Let a seller's surplus cover reversals of ours that are still open; what then is left is told to a person.

    A reversal whose request may be alive is marked unwanted instead: its answer says which of the two was too much.
    """
    by_id = {transfer.id: transfer for transfer in transfers}
    takers = spare(rows)
    left = sum(row.surplus_minor for row in takers)
    # Of a transfer that others took from there is less left to take: its rows first, then the newest.
    taken_from = {row.transfer_id for row in takers}
    still_open = [row for row in reversed(rows) if row.status in ("pending", "permanently_failed")]
    is_judged = True
    for row in sorted(still_open, key=lambda row: row.transfer_id not in taken_from):
        part = min(left, row.amount_minor)
        if part and row.unanswered:
            await mark_unwanted(row, Cause(CauseKind.PROVIDER, takers[0].id))
            is_judged = False
        elif part:
            await _cover(session, frame, by_id[row.transfer_id], row, takers, part)
        left -= part
    if is_judged:
        for row in spare(rows):
            await _tell(session, frame, row)


async def _cover(
    session: Session,
    frame: PaymentFrame,
    transfer: SellerTransfer,
    row: TransferReversal,
    takers: Sequence[TransferReversal],
    part: int,
) -> None:
    others = sorted(spare(takers), key=lambda one: one.transfer_id != row.transfer_id)
    because = gettext("covered by {stripe_reversal_id}", stripe_reversal_id=others[0].stripe_reversal_id)
    await use(session, others, part)
    await recovery.lower(session, frame, transfer, row, part, because=because)
    await recovery.update_transfer_status(session, frame, transfer, because=because)


async def _tell(session: Session, frame: PaymentFrame, row: TransferReversal) -> None:
    await findings.report(
        session,
        FindingKind.SURPLUS,
        f"reversal {row.id}",
        gettext(
            "{surplus} more than needed was taken from seller {seller_id} by "
            "{stripe_reversal_id}, which was not planned here",
            surplus=Amount(row.surplus_minor, row.currency),
            seller_id=row.seller_id,
            stripe_reversal_id=row.stripe_reversal_id,
        ),
        mend=gettext("refund the buyer as meant (it will be used), or send it back to the seller by hand"),
        payment_id=frame.payment.id,
    )
