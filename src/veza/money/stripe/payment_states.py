"""What a Checkout Session and its PaymentIntent say of a payment: one table of states, one of events.

Read top down; the first row that matches decides. Both tables are printed into docs/money-payments.md.
Sources: docs.stripe.com/api/checkout/sessions/object, /api/payment_intents/object, /api/events/types,
/payments/paymentintents/lifecycle, /payments/checkout/fulfill-orders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from veza.money.stripe.answers import NOTHING


class PayState(StrEnum):
    """Where the buyer's money is, as far as the provider shows it."""

    PAID = "paid"
    CHARGE_UNSEEN = "charge_unseen"
    OPEN = "open"
    UNDER_WAY = "under_way"
    EXPIRED = "expired"
    FAILED = "failed"
    ODD = "odd"


@dataclass(frozen=True, slots=True)
class Becomes:
    """What a state makes of the payment, of its order and of the buyer; `payment` None leaves it as it is."""

    payment: str | None
    order: str | None
    then: str


BECOMES: Mapping[PayState, Becomes] = {
    PayState.PAID: Becomes("succeeded", "paid", "the buyer has what they bought; sellers are paid once it is cleared"),
    PayState.CHARGE_UNSEEN: Becomes(None, None, "looked at again soon, until the charge is shown"),
    PayState.OPEN: Becomes(None, None, "the buyer can still pay there; looked at again after the page has ended"),
    PayState.UNDER_WAY: Becomes(
        "processing", "processing", "looked at daily; the same things cannot be checked out meanwhile"
    ),
    PayState.EXPIRED: Becomes("expired", "expired", "the cart can be checked out anew, with a new page"),
    PayState.FAILED: Becomes(
        "failed", "failed", "the buyer is told by mail; the cart can be checked out anew, with a new page"
    ),
    PayState.ODD: Becomes(None, None, "a finding says what is seen; looked at daily"),
}
"""A payment only goes forward, pending → processing → failed → succeeded: late news of an earlier state is no move."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read: a session, an intent and a charge, each empty where there is none or it was not expanded."""

    session: Mapping[str, Any]
    intent: Mapping[str, Any]
    charge: Mapping[str, Any]

    @classmethod
    def of_session(cls, session: Mapping[str, Any]) -> Seen:
        """A session as fetched (intent and charge expanded) or as an event has it (their ids only)."""
        return cls.of_intent(_object(session.get("payment_intent")), session)

    @classmethod
    def of_intent(cls, intent: Mapping[str, Any], session: Mapping[str, Any] = NOTHING) -> Seen:
        return cls(session, intent, _object(intent.get("latest_charge")))

    @property
    def is_charged(self) -> bool:
        """The money was taken, not only authorised."""
        return self.charge.get("status") == "succeeded" and self.charge.get("captured", True) is True

    def __str__(self) -> str:
        parts = [("checkout session", self.session), ("payment intent", self.intent), ("charge", self.charge)]
        shown = [f"{name} {one.get('id')} is {one.get('status')}" for name, one in parts if one]
        if "payment_status" in self.session:
            shown.append(f"its payment status is {self.session['payment_status']}")
        return ", ".join(shown)


@dataclass(frozen=True, slots=True)
class StateRow:
    """One row: `seen` is for people, `matches` for the machine."""

    seen: str
    means: PayState
    matches: Callable[[Seen], bool]


def state_of(seen: Seen) -> PayState:
    """What the provider shows, by the first row of STATES that matches."""
    return next(row.means for row in STATES if row.matches(seen))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else NOTHING


def _intent(*statuses: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.intent.get("status") in statuses


def _session(status: str, *intents: str | None) -> Callable[[Seen], bool]:
    """A session of this status whose intent, where some are named, is one of them (None: not shown)."""
    return lambda seen: seen.session.get("status") == status and (not intents or seen.intent.get("status") in intents)


def _no_session(*intents: str) -> Callable[[Seen], bool]:
    return lambda seen: not seen.session and seen.intent.get("status") in intents


def _paid_unseen(seen: Seen) -> bool:
    return seen.intent.get("status") == "succeeded" or seen.session.get("payment_status") == "paid"


def _not_captured(seen: Seen) -> bool:
    return seen.intent.get("status") == "requires_capture"


STATES: tuple[StateRow, ...] = (
    StateRow("charge `succeeded` and captured, the rest does not matter", PayState.PAID, lambda seen: seen.is_charged),
    StateRow("intent `requires_capture`: authorised only, which we never ask for", PayState.ODD, _not_captured),
    StateRow(
        "intent `succeeded`, or session `complete` with `payment_status` `paid`, its charge not shown",
        PayState.CHARGE_UNSEEN,
        _paid_unseen,
    ),
    StateRow("session `expired`; its intent is canceled with it", PayState.EXPIRED, _session("expired")),
    StateRow("intent `canceled`, the session not expired", PayState.FAILED, _intent("canceled")),
    StateRow("intent `processing`: a bank debit takes days", PayState.UNDER_WAY, _intent("processing")),
    StateRow("session `open`, no attempt yet", PayState.OPEN, _session("open", None)),
    StateRow(
        "session `open`, intent `requires_payment_method`: a card was declined, the buyer may take another",
        PayState.OPEN,
        _session("open", "requires_payment_method"),
    ),
    StateRow(
        "session `open`, intent `requires_confirmation`", PayState.OPEN, _session("open", "requires_confirmation")
    ),
    StateRow(
        "session `open`, intent `requires_action`: 3-D Secure or a redirect to the bank",
        PayState.OPEN,
        _session("open", "requires_action"),
    ),
    StateRow(
        "session `complete`, `payment_status` `no_payment_required`: nothing was charged, which we never ask for",
        PayState.ODD,
        lambda seen: seen.session.get("payment_status") == "no_payment_required",
    ),
    StateRow(
        "session `complete` and `unpaid`, intent `requires_payment_method`: the debit failed, the page is over",
        PayState.FAILED,
        _session("complete", "requires_payment_method"),
    ),
    StateRow(
        "session `complete` and `unpaid`, intent `requires_action` or `requires_confirmation`: a voucher or a bank"
        " transfer is awaited",
        PayState.UNDER_WAY,
        _session("complete", "requires_action", "requires_confirmation"),
    ),
    StateRow(
        "session `complete` and `unpaid`, intent not shown (as `checkout.session.completed` has it)",
        PayState.UNDER_WAY,
        _session("complete", None),
    ),
    StateRow(
        "no session, intent `requires_payment_method`, `requires_confirmation` or `requires_action`",
        PayState.OPEN,
        _no_session("requires_payment_method", "requires_confirmation", "requires_action"),
    ),
    StateRow("anything else", PayState.ODD, lambda seen: True),
)


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of Stripe's reference: what it says, and what is done about it; `is_heard` when it has a handler."""

    type: str
    says: str
    then: str
    is_heard: bool = True


_PAGE_SHOWS = "nothing: the pay page shows it, and the session's own events tell how it ends"
EVENTS: tuple[EventRow, ...] = (
    EventRow(
        "checkout.session.completed",
        "the buyer is done at the pay page",
        "`paid`: the charge is fetched at once; `unpaid`: payment and order `processing`",
    ),
    EventRow(
        "checkout.session.async_payment_succeeded",
        "the bank paid, days later",
        "the charge is fetched at once: payment `succeeded`, order `paid`",
    ),
    EventRow(
        "checkout.session.async_payment_failed",
        "the bank did not pay",
        "payment and order `failed`, the buyer is told, the cart can be checked out anew",
    ),
    EventRow("checkout.session.expired", "the page ended unpaid", "payment and order `expired`"),
    EventRow("payment_intent.created", "the buyer has begun to pay", _PAGE_SHOWS, is_heard=False),
    EventRow("payment_intent.requires_action", "3-D Secure, a voucher or a redirect", _PAGE_SHOWS, is_heard=False),
    EventRow(
        "payment_intent.processing",
        "the bank is asked",
        "where the payment is still `pending`: session and intent are fetched and read by the table above",
    ),
    EventRow(
        "payment_intent.partially_funded",
        "a bank transfer came in part",
        "nothing: it stays `processing` until the rest has come",
        is_heard=False,
    ),
    EventRow(
        "payment_intent.amount_capturable_updated",
        "authorised, not captured",
        "fetched and read by the table above: a finding, for we never ask for it",
    ),
    EventRow(
        "payment_intent.payment_failed",
        "an attempt failed: a card declined, or a debit days later",
        "where the payment is `processing`: fetched and read by the table above; on an open page the buyer tries again",
    ),
    EventRow(
        "payment_intent.canceled",
        "it cannot be paid any more",
        "fetched and read by the table above: payment and order `failed`, or `expired` with the session",
    ),
    EventRow("payment_intent.succeeded", "the charge succeeded", "payment `succeeded`, order `paid`"),
    EventRow("charge.pending", "the bank is asked", _PAGE_SHOWS, is_heard=False),
    EventRow("charge.succeeded", "the money was taken", "payment `succeeded`, order `paid`; cleared once settled"),
    EventRow(
        "charge.updated",
        "its `balance_transaction` is there, as a rule seconds after the capture",
        "the settled charge is fetched at once: the sale is cleared and its sellers are paid",
    ),
    EventRow("charge.captured", "an authorised charge was captured by hand", "like `charge.succeeded`"),
    EventRow("charge.failed", "one attempt failed", _PAGE_SHOWS, is_heard=False),
    EventRow(
        "charge.expired",
        "an authorised charge was never captured",
        "fetched and read by the table above",
    ),
    EventRow("charge.refunded", "some of it went back", "its refunds are fetched and recorded"),
    EventRow("charge.refund.updated", "a refund changed", "the refund is recorded"),
)
"""Every event of Checkout Sessions, PaymentIntents and charges; those of disputes have a machine of their own."""
