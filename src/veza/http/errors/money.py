"""Errors of money: which kind of problem each is, with a lasting `type`."""

from __future__ import annotations

from veza.http.problems import CONFLICT, INVALID_REQUEST, NOT_FOUND, Kind
from veza.kit.messages import gettext
from veza.money.charge_returns import ChargeNotReturned, NotReturnable, UnknownCharge
from veza.money.differences import CannotReconcile
from veza.money.findings import ResolvedAlready, UnknownFinding
from veza.money.operator import NothingToRetry, ReasonMissing
from veza.money.payments import BadPayment, UnknownPayment
from veza.money.provider_account import AnotherAccount
from veza.money.refunds import NotRefundable, RefundableChanged, RefundExceedsPayment, UnknownRefund
from veza.money.sellers import UnknownSeller
from veza.money.stripe.definite import ProviderRefused, ProviderUnavailable
from veza.money.timeline import NothingFound
from veza.money.transfers import UnknownTransfer
from veza.money.webhook_signatures import BadWebhook

BAD_PAYMENT = Kind(
    "bad-payment",
    422,
    gettext("The payment cannot be made as asked"),
    "`detail` says what of it: a currency the platform does not settle, an unknown seller, a fee out of range.",
    "the platform does not settle in SEK, only in EUR, USD, GBP",
)
REFUND_EXCEEDS_PAYMENT = Kind(
    "refund-exceeds-payment",
    422,
    gettext("More was asked back than is left"),
    "`detail` says how much is left; refunds under way have reserved their part of it.",
    "asked to refund 5.00 EUR, only 3.00 EUR is left",
)
NOT_REFUNDABLE = Kind(
    "not-refundable",
    422,
    gettext("There is nothing to refund"),
    "The payment has not succeeded, or has no such line; or the charge has gone back already, or is a payment's: refund"
    " the payment. Read it again.",
    "payment 01890000-0000-7000-8000-000000000000 is pending: there is nothing to refund",
)
NOTHING_TO_RETRY = Kind(
    "nothing-to-retry",
    409,
    gettext("The transfer is not given up"),
    "`detail` says what it is now and what happened last; another request may have been first.",
    "transfer 01890000-0000-7000-8000-000000000000 is completed: there is nothing to retry;"
    " last: pending → completed, done",
)
ALREADY_RESOLVED = Kind(
    "already-resolved",
    409,
    gettext("The finding is resolved already"),
    "`detail` says when and by whom; there is nothing left to do.",
    "finding 01890000-0000-7000-8000-000000000000 was resolved 2026-01-02 10:30, by operator: settled by bank transfer",
)
BAD_WEBHOOK = Kind(
    "bad-webhook",
    400,
    gettext("The delivery was refused"),
    "Unsigned, stale, malformed or of the other mode: nothing was stored. Check STRIPE_WEBHOOK_SECRETS.",
    "the delivery has no Stripe-Signature header",
)
PROVIDER_REFUSED = Kind(
    "provider-refused",
    422,
    gettext("The payment provider said no"),
    "`detail` has its words; change what was asked, then the same or a new key may be used.",
    "the provider opened no checkout for order 1001: 400 amount_too_small The Checkout Session's total amount due"
    " must add up to at least €0.50 eur",
)
PROVIDER_UNAVAILABLE = Kind(
    "provider-unavailable",
    503,
    gettext("The payment provider gave no usable answer"),
    "Repeat the request with the same key: it goes on where it stopped and is never done twice.",
    "the provider opened no checkout for order 1001: no answer (timed out)",
)

KINDS: tuple[Kind, ...] = (
    BAD_PAYMENT, REFUND_EXCEEDS_PAYMENT, NOT_REFUNDABLE, NOTHING_TO_RETRY, ALREADY_RESOLVED, BAD_WEBHOOK,
    PROVIDER_REFUSED, PROVIDER_UNAVAILABLE,
)  # fmt: skip
"""The kinds of problem only this file has."""

ERRORS: dict[type[Exception], Kind] = {
    AnotherAccount: PROVIDER_UNAVAILABLE,
    BadPayment: BAD_PAYMENT,
    BadWebhook: BAD_WEBHOOK,
    CannotReconcile: PROVIDER_UNAVAILABLE,
    ChargeNotReturned: PROVIDER_UNAVAILABLE,
    NotRefundable: NOT_REFUNDABLE,
    NotReturnable: NOT_REFUNDABLE,
    NothingFound: NOT_FOUND,
    NothingToRetry: NOTHING_TO_RETRY,
    ProviderRefused: PROVIDER_REFUSED,
    ProviderUnavailable: PROVIDER_UNAVAILABLE,
    ReasonMissing: INVALID_REQUEST,
    RefundExceedsPayment: REFUND_EXCEEDS_PAYMENT,
    RefundableChanged: CONFLICT,
    ResolvedAlready: ALREADY_RESOLVED,
    UnknownCharge: NOT_FOUND,
    UnknownFinding: NOT_FOUND,
    UnknownPayment: NOT_FOUND,
    UnknownRefund: NOT_FOUND,
    UnknownSeller: NOT_FOUND,
    UnknownTransfer: NOT_FOUND,
}
"""Error → kind."""
