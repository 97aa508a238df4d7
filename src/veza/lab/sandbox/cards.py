"""Test cards: numbers and payment methods, and what each one does.

Source: https://docs.stripe.com/testing (except the numbers under “faults”, which exist only here).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """A test card.

    number, method, brand, funding   as Stripe's test cards have them; the method is `pm_card_…`, its token `tok_…`
    what               what it does, in words
    decline_code, code, message      the answer to charging it, when it is declined
    authenticates      it asks for 3-D Secure: "no", "always", or "unless kept" (not once it was set up for later use)
    refund             how its refunds fare: instant, pending or failing
    disputed           how the buyer's bank disputes it: "" (not), the reason, or "inquiry"
    available_at_once  its funds need not wait
    fault              (path pattern, fault kind)
    """

    number: str
    method: str
    what: str
    brand: str = "visa"
    decline_code: str | None = None
    message: str = ""
    code: str = "card_declined"
    funding: str = "credit"
    authenticates: str = "no"
    refund: str = "instant"
    disputed: str = ""
    available_at_once: bool = False
    fault: tuple[str, str] | None = None

    @property
    def token(self) -> str:
        return self.method.replace("pm_card_", "tok_")


DECLINED = "Your card was declined."
CARDS: tuple[Card, ...] = (
    Card("4242424242424242", "pm_card_visa", "pays"),
    Card("5555555555554444", "pm_card_mastercard", "pays", brand="mastercard"),
    Card("4000056655665556", "pm_card_visa_debit", "pays", funding="debit"),
    Card("378282246310005", "pm_card_amex", "pays", brand="amex"),
    Card("4000000000000077", "pm_card_bypassPending", "pays, funds are available at once", available_at_once=True),
    Card(
        "4000002760003184", "pm_card_authenticationRequired", "asks for 3-D Secure, then pays", authenticates="always"
    ),
    Card("4000000000003220", "pm_card_threeDSecure2Required", "asks for 3-D Secure, then pays", authenticates="always"),
    Card(
        "4000002500003155",
        "pm_card_authenticationRequiredOnSetup",
        "asks for 3-D Secure until it is kept for later use, then pays",
        authenticates="unless kept",
    ),
    Card(
        "4000008400001629",
        "pm_card_threeDSecureRequiredChargeDeclined",
        "asks for 3-D Secure, then is declined",
        authenticates="always",
        decline_code="generic_decline",
        message=DECLINED,
    ),
    Card("4000000000007726", "pm_card_pendingRefund", "pays, refunds are pending at first", refund="pending"),
    Card("4000000000005126", "pm_card_refundFail", "pays, refunds succeed and fail days later", refund="failing"),
    Card("4000000000000259", "pm_card_createDispute", "pays, then is disputed as fraudulent", disputed="fraudulent"),
    Card(
        "4000000000002685",
        "pm_card_createDisputeProductNotReceived",
        "pays, then is disputed: nothing was received",
        disputed="product_not_received",
    ),
    Card(
        "4000000000001976",
        "pm_card_createDisputeInquiry",
        "pays, then the bank inquires without taking money",
        disputed="inquiry",
    ),
    Card(
        "4000000000000002",
        "pm_card_chargeDeclined",
        "is declined",
        decline_code="generic_decline",
        message=DECLINED,
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
        "4000000000009987",
        "pm_card_chargeDeclinedLostCard",
        "is declined: lost",
        decline_code="lost_card",
        message=DECLINED,
    ),
    Card(
        "4000000000009979",
        "pm_card_chargeDeclinedStolenCard",
        "is declined: stolen",
        decline_code="stolen_card",
        message=DECLINED,
    ),
    Card(
        "4000000000000127",
        "pm_card_chargeDeclinedIncorrectCvc",
        "is declined: wrong security code",
        decline_code="incorrect_cvc",
        message="Your card's security code is incorrect.",
        code="incorrect_cvc",
    ),
    Card(
        "4000000000000119",
        "pm_card_chargeDeclinedProcessingError",
        "is declined: an error while processing",
        decline_code="processing_error",
        message="An error occurred while processing your card. Try again in a little bit.",
        code="processing_error",
    ),
    Card(
        "4000000000000341",
        "pm_card_chargeCustomerFail",
        "can be kept for a customer, is declined when charged",
        decline_code="generic_decline",
        message=DECLINED,
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
BY_TOKEN = {card.token: card for card in CARDS}


def by_number(typed: str) -> Card | None:
    """The test card with this number, blanks and dashes ignored."""
    return BY_NUMBER.get(typed.replace(" ", "").replace("-", ""))
