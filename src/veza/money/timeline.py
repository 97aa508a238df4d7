"""The timeline of a payment: every intent, attempt, webhook, posting, move and operator action, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, or_, select

from veza.kit.database import Session
from veza.kit.ids import id_of
from veza.kit.messages import Message, gettext
from veza.kit.money import Amount
from veza.kit.moves import StatusChange
from veza.money.attempts import ProviderAttempt
from veza.money.disputes import Dispute
from veza.money.findings import Finding
from veza.money.ledger import LedgerEntry
from veza.money.nettings import Netting
from veza.money.operator import OperatorAction
from veza.money.payments import Payment, PaymentLine
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import WebhookEvent


class NothingFound(LookupError):
    """No payment goes with this id, ours or the provider's."""

    def __init__(self, wanted: str) -> None:
        super().__init__(gettext("nothing here has the id “{wanted}”", wanted=wanted[:80]))


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `kind`: move, attempt, webhook, posting, operator or finding.

    `what` and `why` are messages, or text that another program or person wrote. `change` holds the statuses of a move
    of `machine`, from and to, and `event_id` the provider's event that made it.
    """

    at: datetime
    kind: str
    subject: str
    what: Message | str
    why: Message | str
    by: str
    request_id: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    change: tuple[str | None, str] | None = None
    event_id: str | None = None
    machine: str | None = None

    def as_json(self) -> dict[str, Any]:
        said = asdict(replace(self, what=str(self.what), why=str(self.why)))
        del said["change"], said["event_id"], said["machine"]
        return {**said, "at": self.at.isoformat()}


async def payment_of(session: Session, wanted: str) -> UUID:
    """The payment an id belongs to: any of our ids, or any of the provider's. Raises NothingFound."""
    wanted = wanted.strip()
    for query in _ours(wanted) if id_of(wanted) else _theirs(wanted):
        found: UUID | None = await session.scalar(query)
        if found is not None:
            return found
    raise NothingFound(wanted)


def _ours(wanted: str) -> list[Any]:
    row_id = id_of(wanted)
    models: list[Any] = [Refund, SellerTransfer, TransferReversal, Dispute, PaymentLine, Finding]
    return [
        select(Payment.id).where(Payment.id == row_id),
        *(select(model.payment_id).where(model.id == row_id) for model in models),
        select(Netting.debt_payment_id).where(Netting.id == row_id),
        select(Payment.id).where(Payment.order_ref == str(row_id)),  # ours are ids; it is what buyers quote
    ]


def _theirs(wanted: str) -> list[Any]:
    by_payment: ColumnElement[bool] = or_(
        Payment.stripe_charge_id == wanted,
        Payment.stripe_payment_intent_id == wanted,
        Payment.stripe_checkout_session_id == wanted,
        Payment.order_ref == wanted,
    )
    request = ProviderAttempt.provider_request_id == wanted
    return [
        select(Payment.id).where(by_payment),
        select(Refund.payment_id).where(Refund.stripe_refund_id == wanted),
        select(SellerTransfer.payment_id).where(SellerTransfer.stripe_transfer_id == wanted),
        select(TransferReversal.payment_id).where(TransferReversal.stripe_reversal_id == wanted),
        select(Dispute.payment_id).where(Dispute.stripe_dispute_id == wanted),
        select(ProviderAttempt.payment_id).where(request).limit(1),
        select(WebhookEvent.payment_id).where(WebhookEvent.id == wanted),
    ]


async def timeline(session: Session, payment_id: UUID) -> list[Entry]:
    """Everything that happened to a payment, oldest first; ties keep the order they were written in."""
    moves = await _of(session, StatusChange, payment_id)
    entries: list[tuple[datetime, str, Entry]] = [
        *((row.at, str(row.id), _move(row)) for row in moves),
        *((row.answered_at, str(row.id), _attempt(row)) for row in await _of(session, ProviderAttempt, payment_id)),
        *((one.at, str(one.detail["posting_id"]), one) for one in await _posted(session, payment_id)),
        *((row.at, str(row.id), _action(row)) for row in await _of(session, OperatorAction, payment_id)),
        *((row.opened_at, str(row.id), _finding(row)) for row in await _of(session, Finding, payment_id)),
        # An event is known by its handling, so it stands right before what it caused.
        *((row.handled_at or row.received_at, "", _webhook(row)) for row in await _events(session, payment_id, moves)),
    ]
    return [entry for _, _, entry in sorted(entries, key=lambda item: (item[0], item[1]))]


async def _of(session: Session, model: type[Any], payment_id: UUID) -> Sequence[Any]:
    return (await session.scalars(_ROWS[model], {"payment_id": payment_id})).all()


_ROWS = {
    model: select(model).where(of_payment == bindparam("payment_id")).order_by(model.id)
    for model, of_payment in (
        (StatusChange, StatusChange.about_id),
        *((model, model.payment_id) for model in (ProviderAttempt, LedgerEntry, OperatorAction, Finding)),
    )
}


def _attempt(row: ProviderAttempt) -> Entry:
    why = gettext("{detail} (too late: the row had moved on)", detail=row.detail) if row.stale else row.detail
    what = gettext("attempt {attempt}: {meaning}", attempt=row.attempt, meaning=row.meaning)
    if row.replayed:
        what = gettext("{attempt}, replayed", attempt=what)
    answered = {"latency_ms": row.latency_ms, "http_status": row.http_status}
    meant = {"meaning": row.meaning, "replayed": row.replayed}
    return Entry(
        row.answered_at,
        "attempt",
        f"{row.kind} {row.row_id}",
        what,
        why,
        f"{row.kind} worker",
        row.provider_request_id,
        {"idempotency_key": row.idempotency_key, **answered, **meant},
    )


def _webhook(row: WebhookEvent) -> Entry:
    detail = {"event_id": row.id, "received_at": row.received_at.isoformat(), "state": row.state}
    return Entry(
        row.handled_at or row.received_at, "webhook", row.id, row.type, row.error or row.state, row.source, None, detail
    )


def _move(row: StatusChange) -> Entry:
    moved = f"{row.source} → {row.target}" if row.source else gettext("is {status}", status=row.target)
    subject = f"{row.machine} {row.row_id}"
    change, event_id = (row.source, row.target), row.provider_event_id
    said = row.by, row.provider_request_id
    return Entry(
        row.at, "move", subject, moved, row.reason, *said, change=change, event_id=event_id, machine=row.machine
    )


def _action(row: OperatorAction) -> Entry:
    return Entry(row.at, "operator", f"transfer {row.row_id}", row.action, row.reason, row.by)


def _finding(row: Finding) -> Entry:
    said = row.said
    if row.resolved_at is not None:
        said = gettext("{said}; resolved {at}", said=said, at=row.resolved_at)
    return Entry(row.opened_at, "finding", row.subject, row.kind, said, "veza")


async def _posted(session: Session, payment_id: UUID) -> list[Entry]:
    legs: Sequence[LedgerEntry] = await _of(session, LedgerEntry, payment_id)
    by_posting: dict[UUID, list[LedgerEntry]] = {}
    for leg in legs:
        by_posting.setdefault(leg.posting_id, []).append(leg)
    return [
        Entry(
            mine[0].at,
            "posting",
            mine[0].memo,
            ", ".join(
                f"{leg.account} {'+' if leg.amount_minor > 0 else ''}{Amount(leg.amount_minor, leg.currency)}"
                for leg in mine
            ),
            "",
            "ledger",
            None,
            {"posting_id": str(posting_id)},
        )
        for posting_id, mine in by_posting.items()
    ]


async def _events(session: Session, payment_id: UUID, moves: Sequence[StatusChange]) -> Sequence[WebhookEvent]:
    ids = sorted({row.provider_event_id for row in moves if row.provider_event_id})
    return (await session.scalars(_EVENTS, {"payment_id": payment_id, "ids": ids})).all()


_EVENTS = (
    select(WebhookEvent)
    .where(
        or_(
            WebhookEvent.id.in_(bindparam("ids", expanding=True)),
            WebhookEvent.payment_id == bindparam("payment_id"),
        )
    )
    .order_by(WebhookEvent.received_at)
)
