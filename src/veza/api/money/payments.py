"""Payments: open a checkout for an order, list them, look at one with everything that followed from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from veza.accounts.permissions import Permission
from veza.api.money.refunds import REFUND_EXAMPLE, RefundResponse, refund_response
from veza.api.money.transfers import TRANSFER_EXAMPLE, TransferResponse
from veza.api.operations import listing, read, write
from veza.api.shapes import (
    PLAIN,
    CurrencyCode,
    Minor,
    SellerId,
    Text,
    Url,
    show,
)
from veza.http.endpoints import AnswerLanguage
from veza.http.errors.money import BAD_PAYMENT, PROVIDER_REFUSED, PROVIDER_UNAVAILABLE
from veza.http.idempotency import Idempotent, Reply
from veza.http.paging import Page, PageRequest
from veza.http.problems import BAD_AMOUNT, NOT_FOUND
from veza.kit.database import Session
from veza.kit.messages import message_of, render
from veza.money import balances, checkout, ledger, listings, payments
from veza.money.checkout import CheckoutSession, CheckoutSessionRequest
from veza.money.facade import Money
from veza.money.payments import MAX_LINES, LineDraft, Payment
from veza.money.refunds import Refund
from veza.money.stripe.definite import ProviderRefused
from veza.money.transfers import SellerTransfer

TAG = "payments"
Status = Literal["pending", "processing", "succeeded", "expired", "failed"]


@dataclass(frozen=True, slots=True)
class SaleTerms:
    """What the platform sells in, and its fee where a line names none."""

    currencies: tuple[str, ...]
    fee_bps: int


class LineOfOrder(Struct, forbid_unknown_fields=True):
    """One product of one seller."""

    seller_id: SellerId
    product_ref: Annotated[Text, Meta(description="Shown to the buyer on the pay page.")]
    gross_minor: Minor
    fee_bps: Annotated[
        int | None, Meta(description="The platform's part in basis points, 0 to 10000; as configured without it.")
    ] = None


class PaymentDraft(Struct, forbid_unknown_fields=True):
    """An order to be paid for."""

    order_ref: Text
    currency: CurrencyCode
    lines: Annotated[
        list[LineOfOrder],
        Meta(min_length=1, max_length=MAX_LINES, description="The payment's amount is the sum of its lines."),
    ]
    success_url: Annotated[Url, Meta(description="Where the buyer goes after paying.")]
    cancel_url: Annotated[Url, Meta(description="Where the buyer goes when they change their mind.")]


class PaymentResponse(Struct, frozen=True):
    """A payment; amounts are whole minor units of `currency`. `checkout_url` is null once its page is over."""

    id: UUID
    order_ref: str
    status: Status
    currency: str
    amount_minor: int
    provider_fee_minor: int | None
    checkout_url: str | None
    stripe_checkout_session_id: str | None
    stripe_payment_intent_id: str | None
    stripe_charge_id: str | None
    held_because: str | None
    created_at: datetime
    succeeded_at: datetime | None
    cleared_at: datetime | None


class LineResponse(Struct, frozen=True):
    """One line: gross = fee + share, and what of the gross went back to the buyer is in its refunds."""

    id: UUID
    position: int
    seller_id: str
    product_ref: str
    gross_minor: int
    fee_minor: int
    share_minor: int


class SellerSide(Struct, frozen=True):
    """What a seller is owed of this payment, and what its transfers and reversals plan to leave them with."""

    seller_id: str
    owed_minor: int
    planned_minor: int


class PaymentDetail(PaymentResponse, frozen=True):
    """A payment with everything that followed from it; `ledger` has the signed balance of every account."""

    lines: list[LineResponse]
    refunds: list[RefundResponse]
    transfers: list[TransferResponse]
    sellers: list[SellerSide]
    ledger: dict[str, int]


WANTED_EXAMPLE = {
    "order_ref": "order-1001",
    "currency": "EUR",
    "lines": [
        {"seller_id": "anna", "product_ref": "Blue Hours (album)", "gross_minor": 1000},
        {"seller_id": "ben", "product_ref": "Night Bus (track)", "gross_minor": 150, "fee_bps": 500},
    ],
    "success_url": "https://shop.example/thanks",
    "cancel_url": "https://shop.example/cart",
}
PAYMENT_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-000000000001",
    "order_ref": "order-1001",
    "status": "pending",
    "currency": "EUR",
    "amount_minor": 1150,
    "provider_fee_minor": None,
    "checkout_url": "https://checkout.stripe.com/c/pay/cs_test_a1",
    "stripe_checkout_session_id": "cs_test_a1",
    "stripe_payment_intent_id": None,
    "stripe_charge_id": None,
    "held_because": None,
    "created_at": "2026-01-02T10:30:00Z",
    "succeeded_at": None,
    "cleared_at": None,
}
DETAIL_EXAMPLE = {
    **PAYMENT_EXAMPLE,
    "status": "succeeded",
    "provider_fee_minor": 42,
    "stripe_payment_intent_id": "pi_1",
    "stripe_charge_id": "ch_1",
    "succeeded_at": "2026-01-02T10:31:00Z",
    "cleared_at": "2026-01-02T10:31:01Z",
    "lines": [
        {
            "id": "01890000-0000-7000-8000-000000000002",
            "position": 0,
            "seller_id": "anna",
            "product_ref": "Blue Hours (album)",
            "gross_minor": 1150,
            "fee_minor": 115,
            "share_minor": 1035,
        }
    ],
    "refunds": [REFUND_EXAMPLE],
    "transfers": [TRANSFER_EXAMPLE],
    "sellers": [{"seller_id": "anna", "owed_minor": 405, "planned_minor": 405}],
    "ledger": {
        "platform_cash": 1108,
        "platform_revenue": -45,
        "provider_fees": 42,
        "shares_unsent": 0,
        "sent_to_sellers": -1035,
        "to_recover": 630,
        "seller_debt": 0,
        "refunded": -700,
        "disputed": 0,
        "loss": 0,
    },
}


@write.post(
    "/payments",
    operation="createPayment",
    summary="Open a checkout",
    permission=Permission.MONEY,
    body=WANTED_EXAMPLE,
    gives=(201, PaymentResponse, "The payment; send the buyer to `checkout_url`.", PAYMENT_EXAMPLE),
    problems=(BAD_PAYMENT, BAD_AMOUNT, PROVIDER_REFUSED, PROVIDER_UNAVAILABLE),
)
async def create_payment(
    data: PaymentDraft, idempotent: Idempotent, money: Money, terms: SaleTerms, language: AnswerLanguage
) -> Response[PaymentResponse]:
    """Writes the payment and opens the provider's pay page for it. Repeating the request with the same key
    gives the same payment, also after a crash. Sellers are paid once the charge is seen to have succeeded."""
    wanted = CheckoutSessionRequest(
        data.order_ref,
        data.currency,
        tuple(LineDraft(line.seller_id, line.product_ref, line.gross_minor, _fee(line, terms)) for line in data.lines),
        data.success_url,
        data.cancel_url,
    )
    key = idempotent.intent_key

    async def intend(session: Session) -> Payment:
        return await checkout.intend(session, wanted, currencies=terms.currencies, request_key=key)

    async def ask(payment: Payment) -> CheckoutSession:
        return await checkout.ask(money.gateway.for_people(), payment, wanted)

    async def record(session: Session, payment: Payment, made: CheckoutSession) -> Reply:
        row = await checkout.record(session, payment.id, made)
        return Reply(201, _shown(row, language), location=f"/api/v1/payments/{row.id}")

    try:
        return await idempotent.run_in_steps(intend, ask, record)
    except ProviderRefused as refused:
        because = message_of(refused)
        await idempotent.forget(lambda session: checkout.withdraw(session, key, because=because))
        raise


@listing(
    "/payments",
    operation="listPayments",
    summary="List payments",
    permission=Permission.MONEY,
    sorts=listings.PAYMENT_SORTS,
    gives=(PaymentResponse, "A page, newest first.", PAYMENT_EXAMPLE),
)
async def list_payments(
    session: Session,
    page_request: PageRequest,
    language: AnswerLanguage,
    status: Annotated[Status | None, QueryParameter(description="Only of this status.")] = None,
    seller: Annotated[
        str | None, QueryParameter(max_length=200, pattern=PLAIN, description="Only with a line of this seller.")
    ] = None,
    order_ref: Annotated[
        str | None, QueryParameter(max_length=200, pattern=PLAIN, description="Only for this order.")
    ] = None,
) -> Page[PaymentResponse]:
    """All payments, newest first."""
    filters = {"status": status, "seller_id": seller, "order_ref": order_ref}
    page = page_request.of("payments", filters)
    rows = await listings.payments(session, page.slice, **filters)
    return page.filled(rows, lambda row: _shown(row, language))


@read(
    "/payments/{payment_id:uuid}",
    operation="showPayment",
    summary="Show a payment",
    permission=Permission.MONEY,
    gives=(PaymentDetail, "The payment and what followed from it.", DETAIL_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_payment(session: Session, payment_id: UUID, language: AnswerLanguage) -> PaymentDetail:
    """One payment with its lines, refunds, transfers, what each seller is owed and what is planned for them, and the
    balances of its ledger."""
    payment = await payments.find(session, payment_id)
    return show(
        PaymentDetail,
        payment,
        held_because=_why_held(payment, language),
        lines=[show(LineResponse, line) for line in await payments.lines_of(session, payment_id)],
        refunds=[refund_response(row, language) for row in await listings.of_payment(session, Refund, payment_id)],
        transfers=[
            show(TransferResponse, row) for row in await listings.of_payment(session, SellerTransfer, payment_id)
        ],
        sellers=[show(SellerSide, book) for book in await balances.of_payment(session, payment)],
        ledger={account.value: minor for account, minor in (await ledger.balances(session, payment_id)).items()},
    )


def _shown(row: Payment, language: str) -> PaymentResponse:
    return show(PaymentResponse, row, held_because=_why_held(row, language))


def _why_held(row: Payment, language: str) -> str | None:
    return None if row.why_held is None else render(row.why_held, language)


def _fee(line: LineOfOrder, terms: SaleTerms) -> int:
    return terms.fee_bps if line.fee_bps is None else line.fee_bps
