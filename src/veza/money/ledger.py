"""The ledger: double entry, append-only, one currency per posting, and the conservation law it obeys.

Amounts are signed, debits positive; every posting sums to zero. *sent to sellers*, *refunded* and
*disputed* are contra accounts of *platform cash*: they say where the captured cash went. *Netted* is what one
payment kept of a share to pay the seller's debt of another (credit), and what the other got of it (debit): over all
payments of a seller it sums to zero. The conservation law, per payment and currency:

    captured = shares not sent + (sent - reversed) - to recover - seller debt - netted
             + platform revenue + refunded + disputed - loss

Provider fees are a platform expense outside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.money.causes import Cause


class Account(StrEnum):
    PLATFORM_CASH = "platform_cash"
    PLATFORM_REVENUE = "platform_revenue"
    PROVIDER_FEES = "provider_fees"
    SHARES_UNSENT = "shares_unsent"
    SENT_TO_SELLERS = "sent_to_sellers"
    TO_RECOVER = "to_recover"
    SELLER_DEBT = "seller_debt"
    NETTED = "netted"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    LOSS = "loss"


class LedgerEntry(Base):
    """One leg of a posting. Debits are positive; the cause is the refund, dispute, sale or netting it follows from.

    `memo` is for people: nothing is read out of it.
    """

    __tablename__ = "ledger_entries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    posting_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    account: Mapped[str]
    seller_id: Mapped[str | None]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    memo: Mapped[str]
    cause_kind: Mapped[str | None]
    cause_id: Mapped[UUID | None]
    at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
        CheckConstraint("account IN ({})".format(", ".join(f"'{a}'" for a in Account)), name="account_known"),
        Index(None, "payment_id"),
    )


Leg = tuple[Account, int, str | None]
"""Account, signed amount in minor units, and the seller it concerns."""


class UnbalancedPosting(AssertionError):
    """A posting whose legs do not sum to zero: a bug, and nothing was written."""


def post(
    session: Session, payment_id: UUID, currency: str, memo: str, legs: Iterable[Leg], *, cause: Cause | None = None
) -> None:
    """Write one posting. Legs of zero are left out; raises UnbalancedPosting when the rest does not sum to zero."""
    kept = [leg for leg in legs if leg[1]]
    if sum(amount for _, amount, _ in kept):
        raise UnbalancedPosting(f"posting “{memo}” of payment {payment_id} is off by {sum(a for _, a, _ in kept)}")
    if not kept:
        return
    posting = session.new_id()
    for account, amount, seller in kept:
        entry = {
            "id": session.new_id(),
            "posting_id": posting,
            "payment_id": payment_id,
            "account": account.value,
            "seller_id": seller,
            "currency": currency,
            "amount_minor": amount,
            "memo": memo,
            "cause_kind": cause.kind.value if cause is not None else None,
            "cause_id": cause.id if cause is not None else None,
            "at": session.now,
        }
        session.append(LedgerEntry, entry)


def moved(source: Account, to: Account, amount_minor: int, seller_id: str | None) -> list[Leg]:
    """Two legs: `amount_minor` debited to `to`, credited to `source`, for one seller."""
    return [(to, amount_minor, seller_id), (source, -amount_minor, seller_id)]


async def balances(session: Session, payment_id: UUID) -> dict[Account, int]:
    """The signed balance of every account for one payment, in minor units of its currency."""
    await session.write_appended()
    rows = await session.execute(_BALANCES, {"payment_id": payment_id})
    found = {Account(account): int(total) for account, total in rows}
    return {account: found.get(account, 0) for account in Account}


_BALANCES = (
    select(LedgerEntry.account, func.sum(LedgerEntry.amount_minor))
    .where(LedgerEntry.payment_id == bindparam("payment_id"))
    .group_by(LedgerEntry.account)
)


def law_holds(captured_minor: int, of: Mapping[Account, int]) -> bool:
    """The conservation law over one payment's balances: its terms are credits where the ledger's are debits."""
    return captured_minor == (
        -of[Account.SHARES_UNSENT]
        - of[Account.SENT_TO_SELLERS]
        - of[Account.TO_RECOVER]
        - of[Account.SELLER_DEBT]
        - of[Account.NETTED]
        - of[Account.PLATFORM_REVENUE]
        - of[Account.REFUNDED]
        - of[Account.DISPUTED]
        - of[Account.LOSS]
    )
