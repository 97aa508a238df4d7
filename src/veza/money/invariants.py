"""The conservation law and everything that follows from it, checked over a payment's rows and postings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import bindparam, func, select

from veza.kit.database import Database, Session
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.messages import Message, gettext, message_of
from veza.kit.money import Amount
from veza.money import findings, nettings, returns
from veza.money.disputes import WITHDRAWN
from veza.money.findings import Finding, FindingKind
from veza.money.ledger import Account, LedgerEntry, balances, law_holds
from veza.money.nettings import Netting
from veza.money.payments import Payment, PaymentLine, lines_of
from veza.money.rebalance import SellerBook
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer, is_kept, is_unsent

log = structlog.get_logger(__name__)

BATCH = 200
"""Payments checked per transaction, so that a check of everything never holds one open for long."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise, in a sentence."""

    payment_id: UUID
    message: Message

    @property
    def said(self) -> Message:
        """The promise, and whose it is."""
        return gettext("payment {payment_id}: {message}", payment_id=self.payment_id, message=self.message)

    def __str__(self) -> str:
        return str(self.said)


@dataclass(frozen=True, slots=True)
class Books:
    """All that the promises of one payment are about; rows oldest first, `returned` by line id and `disputed_minor` in
    minor units."""

    payment: Payment
    of: Mapping[Account, int]
    transfers: Sequence[SellerTransfer]
    reversals: Sequence[TransferReversal]
    refunds: Sequence[Refund]
    disputed_minor: int
    returned: Mapping[UUID, int]
    lines: Sequence[PaymentLine]
    nettings: Sequence[Netting]


async def books(session: Session, payment: Payment) -> Books:
    """The books of one payment as they are now."""
    return Books(
        payment,
        await balances(session, payment.id),
        await _all(session, SellerTransfer, payment),
        await _all(session, TransferReversal, payment),
        await _all(session, Refund, payment),
        int(await session.scalar(WITHDRAWN, {"payment_id": payment.id}) or 0),
        await returns.returned(session, payment.id),
        await lines_of(session, payment.id),
        await nettings.of_payment(session, payment.id),
    )


async def check(session: Session, payment: Payment) -> list[Violation]:
    """Everything the books of one payment promise; empty when all holds."""
    return broken_in(await books(session, payment))


def broken_in(books: Books) -> list[Violation]:
    """The promises that these books break."""
    payment, of, sent, back = books.payment, books.of, books.transfers, books.reversals
    captured = payment.amount_minor if payment.status == "succeeded" else 0
    live = [row for row in sent if row.status != "canceled"]
    unsent = sum(row.sent_minor for row in live if is_unsent(row))
    kept = sum(row.sent_minor for row in live if is_kept(row))
    with_sellers = sum(row.sent_minor - row.reversed_minor for row in live if not is_unsent(row)) - kept
    netted = sum(row.netted_minor for row in live)
    debt = sum(row.amount_minor for row in back if row.status == "permanently_failed")
    lines = books.lines if captured else []
    owed = {line.seller_id: 0 for line in lines}
    for line in lines:
        owed[line.seller_id] += returns.owed(line, books.returned.get(line.id, 0), payment.currency)
    if captured and payment.cleared_at is None:
        unsent = sum(line.share_minor for line in lines)
    to_recover = unsent + with_sellers + kept - netted - sum(owed.values()) - debt
    expected = {
        Account.SHARES_UNSENT: -unsent,
        Account.SENT_TO_SELLERS: -with_sellers,
        Account.SELLER_DEBT: debt,
        Account.TO_RECOVER: to_recover,
        Account.NETTED: netted - kept,
        Account.REFUNDED: -sum(row.amount_minor for row in books.refunds if row.status == "succeeded"),
        Account.DISPUTED: -books.disputed_minor,
    }
    found = [
        gettext(
            "the ledger has {booked} in {account}, the rows say {minor}",
            booked=Amount(of[account], payment.currency),
            account=account.value,
            minor=Amount(minor, payment.currency),
        )
        for account, minor in expected.items()
        if of[account] != minor
    ]
    if not law_holds(captured, of):
        found.append(gettext("the conservation law does not hold"))
    found += _rows_agree(sent, back)
    found += _nettings_agree(payment, books.nettings, kept, netted)
    found += _owed_is_planned(payment, owed, sent, back)
    found += [
        gettext("line {position} returned more than its gross", position=line.position)
        for line in lines
        if _over(line, books.returned)
    ]
    return [Violation(payment.id, message) for message in found]


def _over(line: PaymentLine, returned_: Mapping[UUID, int]) -> bool:
    return not 0 <= returned_.get(line.id, 0) <= line.gross_minor


def _rows_agree(sent: Sequence[SellerTransfer], back: Sequence[TransferReversal]) -> list[Message]:
    found = []
    for row in sent:
        mine = sum(r.amount_minor for r in back if r.transfer_id == row.id and r.status == "succeeded")
        if mine != row.reversed_minor:
            found.append(
                gettext(
                    "transfer {row_id} says {reversed_minor} reversed, its reversals {mine}",
                    row_id=row.id,
                    reversed_minor=row.reversed_minor,
                    mine=mine,
                )
            )
        open_rows = {r.status for r in back if r.transfer_id == row.id}
        if ("pending" in open_rows) != (row.status == "reversal_pending"):
            found.append(
                gettext(
                    "transfer {row_id} is {row_status} with reversals {sorted}",
                    row_id=row.id,
                    row_status=row.status,
                    sorted=sorted(open_rows),
                )
            )
    return found


def _nettings_agree(payment: Payment, rows: Sequence[Netting], kept: int, netted: int) -> list[Message]:
    """Each netting is kept of one payment and counted by another, so that over all payments it comes to nothing."""
    kept_here = sum(row.amount_minor for row in rows if row.sale_payment_id == payment.id)
    counted_here = sum(row.amount_minor for row in rows if row.debt_payment_id == payment.id and row.paid_at)
    found = []
    if kept_here != kept:
        found.append(
            gettext(
                "its nettings kept {kept_here}, its rows {kept}",
                kept_here=Amount(kept_here, payment.currency),
                kept=Amount(kept, payment.currency),
            )
        )
    if counted_here != netted:
        counted, rows_say = Amount(counted_here, payment.currency), Amount(netted, payment.currency)
        found.append(
            gettext(
                "nettings paid {counted} of its debts, its transfers say {rows_say}", counted=counted, rows_say=rows_say
            )
        )
    return found


def _owed_is_planned(
    payment: Payment,
    owed: dict[str, int],
    sent: Sequence[SellerTransfer],
    back: Sequence[TransferReversal],
) -> list[Message]:
    if payment.cleared_at is None:
        return []
    found = []
    for seller, minor in owed.items():
        book = SellerBook(
            seller,
            minor,
            [row for row in sent if row.seller_id == seller],
            [row for row in back if row.seller_id == seller],
        )
        judged_later = any(row.unwanted_at is not None for rows in (book.transfers, book.reversals) for row in rows)
        if book.planned_minor != minor and not judged_later:
            found.append(
                gettext(
                    "seller {seller} is owed {minor}, planned is {planned}",
                    seller=seller,
                    minor=Amount(minor, payment.currency),
                    planned=Amount(book.planned_minor, payment.currency),
                )
            )
    return found


async def check_all(database: Database, *, report: bool = False) -> tuple[int, list[Violation]]:
    """Check every payment, in batches; (how many, what is broken).

    With `report`, each violation is a finding, and the findings of payments that are right again are closed.
    """
    checked, found, after = 0, list[Violation](), None
    while True:
        async with database.read() as session:
            page = select(Payment).order_by(Payment.id).limit(BATCH)
            rows = (await session.scalars(page.where(Payment.id > after) if after else page)).all()
            suspects = [payment.id for payment in rows if await _is_suspect(session, payment)]
        for suspect in suspects:
            # Rows may move between the queries above: what looks wrong is read again under the payment's lock.
            found += await _again(database, suspect)
        checked += len(rows)
        if len(rows) < BATCH:
            break
        after = rows[-1].id
    async with database.read() as session:
        forgotten = await nettings.forgotten(session)
    found += [
        Violation(
            row.debt_payment_id,
            gettext(
                "netting {row_id}, kept {created_at}, has paid nothing",
                row_id=row.id,
                created_at=row.created_at,
            ),
        )
        for row in forgotten
    ]
    if report:
        async with database.write("invariant check") as session:
            await _report(session, found)
    return checked, found


async def _report(session: Session, found: Sequence[Violation]) -> None:
    broken = {f"payment {violation.payment_id}" for violation in found}
    known = select(Finding.subject).where(Finding.kind == FindingKind.LAW_BROKEN, Finding.resolved_at.is_(None))
    for subject in set(await session.scalars(known)) - broken:
        await findings.resolve(session, FindingKind.LAW_BROKEN, subject)
    for violation in found:
        await findings.report(
            session,
            FindingKind.LAW_BROKEN,
            f"payment {violation.payment_id}",
            violation.said,
            mend=gettext("a bug of ours: see the timeline, and report it"),
            payment_id=violation.payment_id,
        )


async def _is_suspect(session: Session, payment: Payment) -> bool:
    try:
        return bool(await check(session, payment))
    except DatabaseUnavailable:
        raise
    except Exception:
        return True


async def _again(database: Database, payment_id: UUID) -> list[Violation]:
    """Check one payment under its lock. Rows that cannot be added up are a broken promise, too, and end no check."""
    try:
        async with database.write("invariant check") as session:
            mine = select(Payment).where(Payment.id == payment_id).with_for_update(key_share=True)
            payment = (await session.scalars(mine)).one()
            return await check(session, payment)
    except DatabaseUnavailable:
        raise
    except Exception as error:
        log.exception("invariants.cannot_check", payment_id=str(payment_id))
        return [
            Violation(
                payment_id,
                gettext(
                    "its rows cannot be checked ({kind}: {error})", kind=type(error).__name__, error=message_of(error)
                ),
            )
        ]


async def books_sum_to_zero(session: Session) -> bool:
    """Debits equal credits over the whole ledger, per currency."""
    return all(int(total) == 0 for _currency, total in await session.execute(_TOTALS))


_TOTALS = select(LedgerEntry.currency, func.sum(LedgerEntry.amount_minor)).group_by(LedgerEntry.currency)


async def _all(session: Session, model: type[T], payment: Payment) -> Sequence[T]:
    return (await session.scalars(_ALL_OF[model], {"payment_id": payment.id})).all()


_KINDS: tuple[Any, ...] = (SellerTransfer, TransferReversal, Refund)
_ALL_OF: dict[type[Any], Any] = {
    kind: select(kind)
    .where(kind.payment_id == bindparam("payment_id"))
    .order_by(kind.id)
    .execution_options(populate_existing=True)
    for kind in _KINDS
}
