"""Transfers the provider has and no row of ours names: which of our rows they are, or which row was lost.

A database restored from a backup is older than the provider. What was sent since then is found there under ids of rows
that are gone, while new rows for the same shares wait to be sent. So a transfer is known by what it is (its group, the
account it went to, its amount), not by our row's id alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.money import discoveries, sending, transfers
from veza.money.causes import Cause, CauseKind
from veza.money.payment_frame import PaymentFrame
from veza.money.payments import CHECK_WAKE
from veza.money.provider_lists import created_at
from veza.money.rebalance import rebalance
from veza.money.sellers import Seller
from veza.money.stripe.answers import id_of
from veza.money.transfers import SellerTransfer


@dataclass(frozen=True, slots=True)
class Match:
    """What a transfer at the provider is here: `row` as far as there is one, else a lost row of `seller_id`.

    `is_known` says that the row knows of it already.
    """

    seller_id: str
    row: SellerTransfer | None
    is_known: bool = False

    def is_news(self, seen: Mapping[str, Any]) -> bool:
        """Whether recording `seen` changes anything; what changes nothing must not be waited for."""
        if self.row is None:
            return True
        may_be_made = transfers.is_unsent(self.row) or self.row.status == "canceled"
        return not self.is_known and may_be_made and int(seen["amount"]) == self.row.sent_minor


@dataclass(frozen=True, slots=True)
class Candidates:
    """What of one payment a transfer is compared with: its currency, its transfers, its sellers by their accounts, and
    their shares in minor units."""

    payment_id: UUID
    currency: str
    rows: Sequence[SellerTransfer]
    seller_of: Mapping[str, str]
    shares: Mapping[str, int]

    def match(self, seen: Mapping[str, Any]) -> Match | None:
        """Which row `seen`, a transfer object of the payment's group, is; None when it is none of ours.

        A row of ours by either id; else one that was never sent, to the same account and of the same amount; else,
        when our metadata names this payment, a row that was lost.
        """
        ours = discoveries.our_id(seen, "veza_transfer")
        for row in self.rows:
            if row.stripe_transfer_id == seen["id"]:
                return Match(row.seller_id, row, is_known=True)
        for row in self.rows:
            if row.id == ours and row.stripe_transfer_id is None:
                return Match(row.seller_id, row)
        is_lost = ours is not None and discoveries.our_id(seen, "veza_payment") == self.payment_id
        seller_id = self.seller_of.get(id_of(seen.get("destination")) or "") or (self._named(seen) if is_lost else None)
        if seller_id is None or str(seen.get("currency")).upper() != self.currency:
            return None
        same = [row for row in self.rows if row.seller_id == seller_id and row.sent_minor == seen.get("amount")]
        for row in same:
            if _is_planned_anew(row, seen, ours):
                return Match(seller_id, row)
        return Match(seller_id, None) if is_lost else None

    def _named(self, seen: Mapping[str, Any]) -> str | None:
        """Whose a lost transfer is that went to an account no seller has here, which was lost with it."""
        named = (seen.get("metadata") or {}).get("veza_seller")
        fitting = [seller for seller, share in self.shares.items() if share == seen.get("amount")]
        if named in self.shares:
            return str(named)
        if len(self.shares) == 1:
            return next(iter(self.shares))
        return fitting[0] if len(fitting) == 1 else None


def _is_planned_anew(row: SellerTransfer, seen: Mapping[str, Any], ours: UUID | None) -> bool:
    """Whether the row, never sent, plans what the provider has made.

    A row that is older than a transfer of ours with another row's id is not that transfer: its own may still come.
    """
    if not transfers.is_unsent(row) or row.unanswered or row.stripe_transfer_id is not None:
        return False
    made = created_at(seen)
    return ours is None or (made is not None and row.created_at >= made)


_SELLERS = select(Seller).where(Seller.id.in_(bindparam("ids", expanding=True)))
TRANSFERS = (
    select(SellerTransfer).where(SellerTransfer.payment_id == bindparam("payment_id")).order_by(SellerTransfer.id)
)
"""A payment's transfers as they are, not locked."""


async def candidates(session: Session, frame: PaymentFrame, rows: Sequence[SellerTransfer]) -> Candidates:
    """What transfers of this payment's group are compared with; `rows` are its transfers."""
    shares: dict[str, int] = {}
    for line in await frame.lines(session):
        shares[line.seller_id] = shares.get(line.seller_id, 0) + line.share_minor
    found = (await session.scalars(_SELLERS, {"ids": list(shares)})).all()
    # A seller may have another account by now: what was sent before names the one of that time.
    before = {row.stripe_account_id: row.seller_id for row in rows if row.stripe_account_id}
    before |= {str(left["id"]): one.id for one in found for left in one.former_accounts}
    now = {one.stripe_account_id: one.id for one in found if one.stripe_account_id}
    return Candidates(frame.payment.id, frame.payment.currency, rows, {**before, **now}, shares)


async def transfer_of_group_seen(
    session: Session,
    frame: PaymentFrame,
    seen: Mapping[str, Any],
    *,
    because: Message,
    request_id: str | None = None,
) -> SellerTransfer | None:
    """The provider has this transfer in the group of a captured payment (locked); returns the row it is.

    None when it is none of ours: it was made by hand at the provider, and counts for nothing here.
    """
    match = (await candidates(session, frame, await frame.transfers(session))).match(seen)
    if match is None:
        return None
    if match.row is not None:
        await discoveries.transfer_seen(session, frame, match.row, seen, because=because, request_id=request_id)
        await _look_for_reversals(session, match.row, seen)
        return match.row
    ours = discoveries.our_id(seen, "veza_transfer")
    row_id = ours if ours is not None and await session.get(SellerTransfer, ours) is None else session.new_id()
    why = gettext("{because}: its row was lost", because=because)
    row = await sending.add_seen(session, frame, match.seller_id, seen, row_id, because=why)
    await rebalance(session, frame, Cause(CauseKind.REBALANCE, row.id))
    await _look_for_reversals(session, row, seen)
    return row


async def _look_for_reversals(session: Session, row: SellerTransfer, seen: Mapping[str, Any]) -> None:
    """More was reversed there than is known here: the check worker fetches what."""
    if row.stripe_transfer_id is not None and int(seen.get("amount_reversed") or 0) > row.reversed_minor:
        await transfers.machine.update(session, row, check_at=session.now)
        session.wake(CHECK_WAKE)
