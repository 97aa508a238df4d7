"""Checkout: from an order's lines to the provider's pay page, in steps that may be repeated at any point.

The payment is written first, under the key of the request that wants it; the provider is asked under a key made
of the payment's id, with no transaction open; then the session is recorded. However often this is repeated, it
is one payment and one session.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from veza.kit.database import Session
from veza.kit.field_faults import FieldChecks
from veza.kit.messages import Message, gettext
from veza.kit.money import known_currency
from veza.money import payment_frame, payment_progress, payments, requests
from veza.money.payments import BadPayment, LineDraft, Payment
from veza.money.sellers import Seller
from veza.money.stripe.definite import definite
from veza.money.stripe.gateway import Gateway
from veza.money.stripe.payment_states import Seen


@dataclass(frozen=True, slots=True)
class CheckoutSessionRequest:
    """What a buyer is to pay for, and where they go afterwards (absolute http or https addresses)."""

    order_ref: str
    currency: str
    lines: tuple[LineDraft, ...]
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    """The provider's session: its id, and the page where the buyer pays (None once it is over)."""

    id: str
    url: str | None


class PageOver(Exception):
    """The buyer cannot pay on the page of this payment any more; `seen` is what the provider shows of it."""

    def __init__(self, payment_id: UUID, seen: Seen) -> None:
        super().__init__(
            gettext("the pay page of payment {payment_id} is over: {seen}", payment_id=payment_id, seen=seen)
        )
        self.payment_id, self.seen = payment_id, seen


async def intend(
    session: Session, wanted: CheckoutSessionRequest, *, currencies: Collection[str], request_key: str
) -> Payment:
    """The payment of this request, written if it is new; nothing has been asked of the provider yet.

    Raises BadPayment or BadAmount; `currencies` are those the platform settles in, there is no conversion.
    """
    known = (await session.scalars(select(Payment).where(Payment.request_key == request_key))).one_or_none()
    if known is not None:
        return known
    checks, settled = FieldChecks(), ", ".join(currencies)
    unit = None
    with checks.field("currency"):
        unit = known_currency(wanted.currency)
        if unit not in currencies:
            raise BadPayment(
                gettext(
                    "the platform does not settle in {currency}, only in {settled}",
                    currency=wanted.currency.upper(),
                    settled=settled,
                )
            )
    named = {line.seller_id for line in wanted.lines}
    registered = set(await session.scalars(select(Seller.id).where(Seller.id.in_(named))))
    for number, line in enumerate(wanted.lines):
        with checks.field("lines", number, "seller_id"):
            if line.seller_id not in registered:
                raise BadPayment(
                    gettext(
                        "there is no seller “{seller_id}”: register them first, or they could never be paid",
                        seller_id=line.seller_id,
                    )
                )
    if unit is not None:
        payments.check_lines(wanted.lines, unit, checks)
    checks.demand()
    return await payments.create(session, wanted.order_ref, wanted.currency, wanted.lines, request_key=request_key)


async def ask(gateway: Gateway, payment: Payment, wanted: CheckoutSessionRequest) -> CheckoutSession:
    """Have the provider open the session, or find it open. Raises ProviderRefused or ProviderUnavailable."""
    if payment.stripe_checkout_session_id is not None:
        return CheckoutSession(payment.stripe_checkout_session_id, payment.checkout_url)
    body = requests.pay_page(
        payment.id, wanted.order_ref, payment.currency, wanted.lines, wanted.success_url, wanted.cancel_url
    )
    answer = await gateway.create_checkout_session(body, key=f"veza-checkout-{payment.id}")
    made = definite(
        answer, gettext("the provider opened no checkout for order {order_ref}", order_ref=wanted.order_ref)
    )
    return CheckoutSession(str(made["id"]), made.get("url"))


async def find_open(gateway: Gateway, payment: Payment) -> CheckoutSession:
    """The page of a pending payment, if the buyer can still pay there; raises PageOver when it is over.

    A provider that does not answer is believed to have it open still.
    """
    session_id = str(payment.stripe_checkout_session_id)
    answer = await gateway.checkout_session(session_id)
    if answer.is_ok and answer.object.get("status") != "open":
        raise PageOver(payment.id, Seen.of_session(answer.object))
    return CheckoutSession(session_id, payment.checkout_url)


async def end(session: Session, over: PageOver) -> None:
    """Make the payment say what was seen of its page, as the check worker would later."""
    frame = await payment_frame.lock(session, over.payment_id)
    if frame.payment.status in payments.UNPAID:
        again = await payment_progress.follow(session, frame, over.seen, because=gettext("seen at checkout"))
        if frame.payment.stripe_charge_id is None:
            await payments.machine.update(session, frame.payment, check_at=again)


async def record(session: Session, payment_id: UUID, made: CheckoutSession) -> Payment:
    """Write down the session the provider made; a second time changes nothing."""
    payment = await payments.lock(session, payment_id)
    if payment.stripe_checkout_session_id is None:
        await payments.record_checkout(session, payment, made.id, made.url)
    return payment


async def withdraw(session: Session, request_key: str, *, because: Message) -> None:
    """The provider refused the session: the payment is over, and the same request may begin another."""
    mine = select(Payment).where(Payment.request_key == request_key, Payment.stripe_checkout_session_id.is_(None))
    payment = (await session.scalars(mine.with_for_update(key_share=True))).one_or_none()
    if payment is not None and payment.status == "pending":
        await payments.expire(session, payment, because=because, request_key=None)
