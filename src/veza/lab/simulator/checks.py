"""What must hold: the invariants after every step; at the end, our rows and the provider's are the same story."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, null, select, union

from veza.kit.database import Session
from veza.kit.moves import StatusChange
from veza.lab.sandbox.world import World
from veza.lab.simulator.coverage import name_of
from veza.lab.simulator.ground import rows_of
from veza.lab.simulator.run import Run
from veza.money import invariants
from veza.money.discoveries import our_id
from veza.money.disputes import Dispute, DisputeFunds
from veza.money.findings import Finding, FindingKind
from veza.money.ledger import LedgerEntry
from veza.money.nettings import Netting
from veza.money.payments import Payment
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer, is_kept, is_unsent
from veza.money.webhook_inbox import WebhookEvent

BEFORE_ALL = UUID(int=0)
REFUND_OPEN = ("requested", "pending", "requires_action")
UNDONE = ("failed", "canceled")
VISIBLE = (FindingKind.SELLER_DEBT, FindingKind.GIVEN_UP)


_CHANGES = (StatusChange.about_id, StatusChange.id, StatusChange.machine, StatusChange.source, StatusChange.target)
_POSTED = (LedgerEntry.payment_id, LedgerEntry.id, null(), null(), null())
_TOUCHED: Any = union(
    select(*_CHANGES).where(StatusChange.id > bindparam("since")),
    select(*_POSTED).where(LedgerEntry.id > bindparam("since")),
)


class LawWatch:
    """Checks the invariants of every payment that changed since the last check."""

    def __init__(self) -> None:
        self._since = BEFORE_ALL
        self._commits = -1

    async def look(self, run: Run, faults: Collection[str] = ()) -> list[str]:
        """Violations in payments that have changed since the last look; `faults` struck since then."""
        if self._commits == run.progress.commits:
            return []
        self._commits = run.progress.commits
        rows = await rows_of(run.engine, _TOUCHED, {"since": self._since})
        if not rows:
            return []
        self._since = max(row[1] for row in rows)
        run.coverage.stepped(faults, {name_of(*row[2:]) for row in rows if row[3] is not None})
        found: list[str] = []
        async with run.processes[0].database.read() as session:
            for payment_id in sorted({row[0] for row in rows}):
                payment = await session.get_one(Payment, payment_id)
                found += [str(one) for one in await invariants.check(session, payment)]
                run.coverage.stood(await _state(session, payment))
        return found


_OURS = TransferReversal
_OF_PAYMENT: tuple[Any, ...] = tuple(
    select(*columns).where(columns[0].class_.payment_id == bindparam("payment_id"))
    for columns in (
        (Refund.status, Refund.unanswered),
        (Dispute.status,),
        (SellerTransfer.status, SellerTransfer.failed_step, SellerTransfer.unanswered, SellerTransfer.unwanted_at),
        (_OURS.status, _OURS.unanswered, _OURS.unwanted_at, _OURS.cause_kind),
    )
)


async def _state(session: Session, payment: Payment) -> list[Any]:
    """What a payment and its rows are in, without ids, times and amounts."""
    state: list[Any] = [(payment.status, payment.cleared_at is None, payment.held_because_id is None)]
    for rows in _OF_PAYMENT:
        found = await session.execute(rows, {"payment_id": payment.id})
        state.append(sorted(repr([isinstance(value, datetime) or value for value in row]) for row in found))
    return state


async def everything(run: Run) -> list[str]:
    """All that must hold once nothing is under way any more."""
    async with run.processes[0].database.read() as session:
        rows = await _Rows.read(session)
        found = [str(one) for payment in rows.payments for one in await invariants.check(session, payment)]
        if not await invariants.books_sum_to_zero(session):
            found.append("the ledger's debits and credits differ")
    world = run.sandbox.world
    found += _no_effect_twice(world)
    found += _refunds_agree(rows, world)
    found += _transfers_agree(rows, world, run.legacy)
    found += _disputes_agree(rows, world)
    found += _lost_is_named(rows, world)
    found += _all_final(rows)
    found += _failures_are_visible(rows)
    found += [
        f"event {one.id} ({one.type}) is {one.state} after {one.attempts} attempts: {one.error}"
        for one in rows.events
        if one.attempts
    ]
    return found


class _Rows:
    """Every row of one run, read once."""

    payments: Sequence[Payment]
    refunds: Sequence[Refund]
    transfers: Sequence[SellerTransfer]
    reversals: Sequence[TransferReversal]
    disputes: Sequence[Dispute]
    funds: Sequence[DisputeFunds]
    findings: Sequence[Finding]
    nettings: Sequence[Netting]
    events: Sequence[WebhookEvent]

    @classmethod
    async def read(cls, session: Session) -> _Rows:
        rows = cls()
        for name, every in _EVERY.items():
            setattr(rows, name, (await session.scalars(every)).all())
        return rows


_EVERY: dict[str, Any] = {
    "payments": select(Payment),
    "refunds": select(Refund),
    "transfers": select(SellerTransfer),
    "reversals": select(TransferReversal),
    "disputes": select(Dispute),
    "funds": select(DisputeFunds),
    "findings": select(Finding),
    "nettings": select(Netting),
    "events": select(WebhookEvent),
}


def _no_effect_twice(world: World) -> list[str]:
    carried_out = (
        ("veza_transfer", world.transfers.rows.values()),
        ("veza_reversal", [one for one in world.reversals.rows.values() if one.get("status") not in UNDONE]),
        ("veza_refund", world.refunds.rows.values()),
    )
    found = []
    for name, objects in carried_out:
        twice = [(one, n) for one, n in Counter(our_id(one, name) for one in objects).items() if one and n > 1]
        found += [f"{name} {one} was carried out {n} times at the provider" for one, n in twice]
    return found


def _refunds_agree(rows: _Rows, world: World) -> list[str]:
    by_payment = {str(payment.id): payment for payment in rows.payments}
    here = {row.stripe_refund_id: row for row in rows.refunds if row.stripe_refund_id}
    found = []
    for there in world.refunds.rows.values():
        payment = by_payment.get(str(our_id(world.charges.rows[there["charge"]], "veza_payment")))
        row = here.pop(there["id"], None)
        if payment is None or payment.stripe_charge_id != there["charge"]:
            continue
        if row is None:
            found.append(f"refund {there['id']} of payment {payment.id} is {there['status']} there and unknown here")
        elif row.status != there["status"] or row.amount_minor != there["amount"]:
            found.append(
                f"refund {row.id} is {row.status} {row.amount_minor} here,"
                f" {there['status']} {there['amount']} there ({there['id']})"
            )
    found += [f"refund {row.id} says it is {there}, which the provider does not have" for there, row in here.items()]
    return found


def _transfers_agree(rows: _Rows, world: World, legacy: set[UUID]) -> list[str]:
    """Every transfer for a payment that is here is one row's, and each row's is there as we know it.

    With owed = planned, which the invariants say, what sellers hold at the provider is then what they are owed.
    """
    known_back = {row.stripe_reversal_id for row in rows.reversals if row.stripe_reversal_id}
    known = {row.stripe_transfer_id for row in rows.transfers if row.stripe_transfer_id}
    here = {payment.id for payment in rows.payments}
    by_row = {our_id(one, "veza_transfer"): one for one in world.transfers.rows.values() if one["id"] not in known}
    found = [
        f"transfer {one['id']} of {one['amount']} to {one['destination']} for payment {our_id(one, 'veza_payment')} is"
        " no row's here"
        for one in by_row.values()
        if our_id(one, "veza_payment") in here and our_id(one, "veza_transfer") not in legacy
    ]
    for row in rows.transfers:
        if is_kept(row):
            continue  # it was never to be sent
        seen = world.transfers.get(row.stripe_transfer_id) if row.stripe_transfer_id else by_row.get(row.id)
        is_sent = not is_unsent(row) and row.status != "canceled"
        if seen is None or not is_sent:
            if is_sent or seen is not None:
                found.append(f"transfer {row.id} is {row.status} here and {'made' if seen else 'not made'} there")
            continue
        if row.id in legacy:
            continue
        if (row.sent_minor, row.reversed_minor) != (seen["amount"], seen["amount_reversed"]):
            found.append(
                f"transfer {row.id} is {row.sent_minor} - {row.reversed_minor} here,"
                f" {seen['amount']} - {seen['amount_reversed']} there ({seen['id']})"
            )
        found += [
            f"reversal {one['id']} of transfer {row.id} is unknown here"
            for one in world.reversals.find("transfer", seen["id"])
            if one["id"] not in known_back and one.get("status") not in UNDONE
        ]
    return found


def _disputes_agree(rows: _Rows, world: World) -> list[str]:
    ours = {payment.stripe_charge_id for payment in rows.payments if payment.stripe_charge_id}
    known = {one.stripe_balance_transaction_id for one in rows.funds}
    found = []
    for there in world.disputes.rows.values():
        if there["charge"] in ours:
            missing = [txn for txn in there["balance_transactions"] if txn not in known]
            found += [f"balance transaction {txn} of dispute {there['id']} is unknown here" for txn in missing]
    return found


def _lost_is_named(rows: _Rows, world: World) -> list[str]:
    """What the provider has of payments that were lost with their rows is named by a finding each."""
    here = {payment.id for payment in rows.payments}
    named = {one.subject for one in rows.findings if one.kind == FindingKind.MISSING_HERE}
    payment_of = {one["id"]: our_id(one, "veza_payment") for one in world.charges.rows.values()}
    belongs = [(one["id"], payment_of[one["id"]]) for one in world.charges.rows.values()]
    belongs += [(one["id"], payment_of.get(one["charge"])) for one in world.refunds.rows.values()]
    belongs += [(one["id"], payment_of.get(one["charge"])) for one in world.disputes.rows.values()]
    belongs += [(one["id"], our_id(one, "veza_payment")) for one in world.transfers.rows.values()]
    return [
        f"{one} belongs to payment {payment}, which is not here, and no finding says so"
        for one, payment in belongs
        if payment is not None and payment not in here and one not in named
    ]


def _all_final(rows: _Rows) -> list[str]:
    found = [f"refund {row.id} is still {row.status}" for row in rows.refunds if _hurries(row, *REFUND_OPEN)]
    found += [
        f"transfer {row.id} is still {row.status}" for row in rows.transfers if _hurries(row, "pending", "failed")
    ]
    held_up = {row.transfer_id for row in rows.reversals if row.status == "pending" and row.waiting_since}
    found += [
        f"reversal {row.id} is still {row.status}"
        for row in rows.reversals
        if _hurries(row, "pending") and row.transfer_id not in held_up
    ]
    found += [f"payment {one.id} is neither cleared nor held" for one in rows.payments if _hangs(one)]
    found += [f"netting {one.id} was kept and paid nothing" for one in rows.nettings if one.paid_at is None]
    every: Iterable[Any] = (*rows.transfers, *rows.reversals)
    return found + [f"{type(row).__name__} {row.id} is unwanted, and not judged" for row in every if _unjudged(row)]


def _hurries(row: Any, *statuses: str) -> bool:
    return row.status in statuses and row.waiting_since is None


def _hangs(payment: Payment) -> bool:
    return payment.status == "succeeded" and payment.cleared_at is None and payment.held_because_id is None


def _unjudged(row: Any) -> bool:
    return row.unwanted_at is not None and row.waiting_since is None


def _failures_are_visible(rows: _Rows) -> list[str]:
    said: defaultdict[str, set[str]] = defaultdict(set)
    for one in rows.findings:
        if one.resolved_at is None:
            said[one.subject].add(one.kind)
    failed = [f"transfer {row.id}" for row in rows.transfers if row.failed_step == "transfer"]
    failed += [f"reversal {row.id}" for row in rows.reversals if row.status == "permanently_failed"]
    found = [f"{one} failed for good and no finding says so" for one in failed if not said[one] & set(VISIBLE)]
    held_up = {row.seller_id for row in rows.reversals if row.status == "pending"}
    return found + [
        f"{row.surplus_minor} of reversal {row.id} is a surplus and no finding says so"
        for row in rows.reversals
        if row.surplus_minor and row.seller_id not in held_up and FindingKind.SURPLUS not in said[f"reversal {row.id}"]
    ]
