"""Test cards: numbers and payment methods, and what each one does.

Source: https://docs.stripe.com/testing (except the numbers under “faults”, which exist only here).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """A test card. `refund` is instant, pending or failing; `fault` is (path pattern, fault kind)."""

    number: str
    method: str
    what: str
    brand: str = "visa"
    decline_code: str | None = None
    message: str = ""
    code: str = "card_declined"
    refund: str = "instant"
    disputed: bool = False
    available_at_once: bool = False
    fault: tuple[str, str] | None = None


CARDS: tuple[Card, ...] = (
    Card("4242424242424242", "pm_card_visa", "pays"),
    Card("5555555555554444", "pm_card_mastercard", "pays", brand="mastercard"),
    Card(
        "4000000000000077",
        "pm_card_bypassPending",
        "pays, funds are available at once",
        available_at_once=True,
    ),
    Card("4000000000007726", "pm_card_pendingRefund", "pays, refunds are pending at first", refund="pending"),
    Card("4000000000005126", "pm_card_refundFail", "pays, refunds fail later", refund="failing"),
    Card("4000000000000259", "pm_card_createDispute", "pays, then is disputed", disputed=True),
    Card(
        "4000000000000002",
        "pm_card_chargeDeclined",
        "is declined",
        decline_code="generic_decline",
        message="Your card was declined.",
    ),
    Card(
        "4000000000009995",
        "pm_card_chargeDeclinedInsufficientFunds",
        "is declined: insufficient funds",
        decline_code="insufficient_funds",
        message="Your card has insufficient funds.",
    ),
    Card(
        "4000000000000069",
        "pm_card_chargeDeclinedExpiredCard",
        "is declined: expired",
        decline_code="expired_card",
        message="Your card has expired.",
        code="expired_card",
    ),
    Card(
        "4000000000009110",
        "pm_card_lostReversal",
        "pays; the answer to reversing its transfers is lost once",
        fault=("transfer", "timeout_after_effect"),
    ),
    Card(
        "4000000000009128",
        "pm_card_busyReversal",
        "pays; reversing its transfers first answers 503",
        fault=("transfer", "error_503"),
    ),
    Card(
        "4000000000009136",
        "pm_card_lostRefund",
        "pays; the answer to refunding it is lost once",
        fault=("refund", "timeout_after_effect"),
    ),
)
BY_NUMBER = {card.number: card for card in CARDS}
BY_METHOD = {card.method: card for card in CARDS}


def by_number(typed: str) -> Card | None:
    """The test card with this number, blanks and dashes ignored."""
    return BY_NUMBER.get(typed.replace(" ", "").replace("-", ""))
