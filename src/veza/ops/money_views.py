"""What the command line reads of the money module, and the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, select

from veza.kit.database import Session
from veza.kit.listing import start_of
from veza.kit.messages import Message, gettext
from veza.money import balances, disputes, ledger, listings, payments, refunds, transfers
from veza.money.disputes import Dispute
from veza.money.findings import Finding
from veza.money.payments import Payment, PaymentLine
from veza.money.rebalance import SellerBook
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.timeline import payment_of
from veza.money.transfers import SellerTransfer, UnknownTransfer

_STATES: dict[str, tuple[str, ...]] = {
    "transfers": transfers.machine.statuses,
    "payments": payments.machine.statuses,
    "refunds": refunds.machine.statuses,
    "findings": ("open", "resolved"),
}
_MESSAGES = {
    "message_id": ("message", "said"),
    "mend_id": ("mend", "advice"),
    "held_because_id": ("held_because", "why_held"),
    "reason_id": ("reason", "why"),
}
"""What holds the id of a message: the column's name, and the message."""
# Frozen requests and the checkout page's long address do not help the reader of a list.
_LEFT_OUT = frozenset(
    {"request_body", "request_key", "checkout_url", *(f"{name}_fields" for name, _ in _MESSAGES.values())}
)


class NoSuchState(ValueError):
    """The thing listed has no such state; says which there are."""

    def __init__(self, what: str, state: str) -> None:
        states = ", ".join(_STATES.get(what, ())) or "none"
        super().__init__(
            gettext("{what} have no state “{state}”; there are: {states}", what=what, state=state[:40], states=states)
        )


@dataclass(frozen=True, slots=True)
class Detail:
    """One payment with everything that followed from it."""

    payment: Payment
    lines: Sequence[PaymentLine]
    refunds: Sequence[Refund]
    transfers: Sequence[SellerTransfer]
    reversals: Sequence[TransferReversal]
    disputes: Sequence[Dispute]
    books: Sequence[SellerBook]
    ledger: dict[str, int]
    findings: Sequence[Finding]

    def as_json(self) -> dict[str, Any]:
        return {
            "payment": as_json(self.payment),
            "lines": [as_json(row) for row in self.lines],
            "refunds": [as_json(row) for row in self.refunds],
            "transfers": [as_json(row) for row in self.transfers],
            "reversals": [as_json(row) for row in self.reversals],
            "disputes": [as_json(row) for row in self.disputes],
            "sellers": [
                {"seller_id": book.seller_id, "owed_minor": book.owed_minor, "planned_minor": book.planned_minor}
                for book in self.books
            ],
            "ledger": self.ledger,
            "findings": [as_json(row) for row in self.findings],
        }


async def rows(session: Session, what: str, limit: int, *, state: str | None, seller: str | None) -> list[Any]:
    """The newest rows of one kind. Raises NoSuchState."""
    if state is not None and state not in _STATES.get(what, ()):
        raise NoSuchState(what, state)
    if what == "payments":
        return list(
            await listings.payments(session, start_of(listings.PAYMENT_SORTS, limit), status=state, seller_id=seller)
        )
    if what == "refunds":
        return list(await listings.refunds(session, start_of(listings.REFUND_SORTS, limit), status=state))
    if what == "sellers":
        return list(await listings.sellers(session, start_of(listings.SELLER_SORTS, limit)))
    if what == "findings":
        return list(
            await listings.findings(session, start_of(listings.FINDING_SORTS, limit), is_open=state != "resolved")
        )
    return list(
        await listings.transfers(session, start_of(listings.TRANSFER_SORTS, limit), status=state, seller_id=seller)
    )


async def detail(session: Session, wanted: str) -> Detail:
    """The payment any id belongs to. Raises NothingFound."""
    payment = await payments.find(session, await payment_of(session, wanted))
    signed = await ledger.balances(session, payment.id)
    return Detail(
        payment,
        await payments.lines_of(session, payment.id),
        await listings.of_payment(session, Refund, payment.id),
        await listings.of_payment(session, SellerTransfer, payment.id),
        await listings.of_payment(session, TransferReversal, payment.id),
        await listings.of_payment(session, disputes.Dispute, payment.id),
        await balances.of_payment(session, payment),
        {account.value: minor for account, minor in signed.items()},
        await listings.findings(session, start_of(listings.FINDING_SORTS, 100), is_open=True, payment_id=payment.id),
    )


async def transfer_id(session: Session, wanted: str) -> UUID:
    """Our id of a transfer that is named by our id or the provider's. Raises UnknownTransfer."""
    try:
        return UUID(wanted.strip())
    except ValueError:
        pass
    mine = select(SellerTransfer.id).where(SellerTransfer.stripe_transfer_id == wanted.strip())
    found = await session.scalar(mine)
    if found is None:
        raise UnknownTransfer(wanted[:80])
    return found


def as_json(row: Any) -> dict[str, Any]:
    """The columns of a row; times in ISO 8601, ids as text."""
    columns = [column.key for column in inspect(type(row)).column_attrs if column.key not in _LEFT_OUT]
    shown = [_MESSAGES.get(column, (column, column)) for column in columns]
    return {name: _plain(getattr(row, attribute)) for name, attribute in shown}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, (UUID, Message)) else value
