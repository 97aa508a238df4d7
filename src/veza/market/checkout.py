"""Checkout: from a cart to orders, one for each currency, each with one payment; free products are given at once.

Prices are looked at again under the cart's lock. However often the same cart is checked out, in however many tabs,
there is one open order for the same things.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, or_, select

from veza.kit import limits
from veza.kit.database import Session
from veza.kit.limits import Limit
from veza.kit.messages import Message, gettext, joined
from veza.kit.money import Amount
from veza.market import cart as carts
from veza.market import fulfilment, orders, owned
from veza.market.cart import Cart, CartLine, CartOwner, Repriced
from veza.market.orders import Order, OrderLine
from veza.market.products import NotForSale
from veza.market.rules import MarketRules
from veza.market.vat import vat_of
from veza.money import checkout as pay_page
from veza.money import payments
from veza.money.checkout import CheckoutSession, CheckoutSessionRequest
from veza.money.payments import LineDraft, Payment
from veza.money.stripe.gateway import Gateway

CHECKOUT = Limit("checkout", 30, timedelta(seconds=10))
"""Checkouts of one person, or of one network of visitors: each asks the provider, whose pace all sales share."""
FREE_TO_ADDRESS = Limit("free to", 5, timedelta(minutes=15))
"""Mails about free orders to one address: strangers fill no mailbox."""

ORDER = "{order}"
"""What stands for the order's id in an address."""


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """The buyer's request at checkout; a buyer without an account is sent the claim link to `email`, in `language`.

    `request_key` is the same for the same request repeated, and no other. With `currency` only what is in it is checked
    out; the rest stays in the cart. `{order}` in `success_url` becomes the id of the order. `consent` is the wording
    that the buyer agreed to (`market/consent.py`).
    """

    email: str | None
    success_url: str
    cancel_url: str
    request_key: str
    language: str | None = None
    currency: str | None = None
    consent: str | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """An order and the request for its pay page; None for an order in which everything is free."""

    order: Order
    payment: Payment | None
    wanted: CheckoutSessionRequest | None


class CartEmpty(Exception):
    """The cart is empty."""

    def __init__(self) -> None:
        super().__init__(gettext("the cart is empty"))


class AddressNeeded(Exception):
    """The buyer is not signed in and gave no address: the order could never be claimed."""

    def __init__(self) -> None:
        super().__init__(gettext("sign in, or say with `email` where the link to what you bought shall go"))


class PaymentUnderWay(Exception):
    """The buyer's bank is still paying for the product: a second order would pay twice."""

    def __init__(self, line: OrderLine) -> None:
        super().__init__(
            gettext(
                "your bank is still carrying out the payment for “{line_title}” by {artist} (order "
                "{order_id}), which may take days: wait for it, or take it out of the cart",
                line_title=line.title,
                artist=line.artist,
                order_id=line.order_id,
            )
        )


class PriceChanged(Exception):
    """Prices changed since the buyer saw them; `changes` has each."""

    def __init__(self, changes: Sequence[Repriced]) -> None:
        super().__init__(
            gettext("{changes}: look at the cart and check out again", changes=joined(one.said for one in changes[:5]))
        )
        self.changes = list(changes)


async def begin(
    session: Session, cart: Cart, buyer: CartOwner, wanted: CheckoutRequest, rules: MarketRules
) -> list[Opening]:
    """The orders this cart makes (locked), written if they are new; nothing was asked of the provider yet.

    Raises CartEmpty, AddressNeeded, NotForSale, OwnedAlready, PaymentUnderWay, PriceChanged, BadPayment, BadAmount, and
    RateLimited where what is free would fill a stranger's mailbox.
    """
    made = await _made_by(session, cart, wanted.request_key)
    alive = [order for order in made if order.status not in orders.OVER]
    held = [one for one in await carts.contents(session, cart) if wanted.currency in (None, one.item.currency)]
    # Where the provider refused one of them, the whole cart is checked out: what is open already is found again.
    if alive and (len(alive) == len(made) or not held):
        return _in_order([await _again(session, order, wanted) for order in alive])
    if not held:
        raise CartEmpty
    if buyer.person_id is None and wanted.email is None:
        raise AddressNeeded
    await _refuse_unsellable(session, held, buyer)
    await _refuse_under_way(session, cart, buyer, held)
    changes = carts.repricing(held)
    if changes:
        raise PriceChanged(changes)
    groups: dict[tuple[str, bool], list[CartLine]] = {}
    for one in held:
        groups.setdefault((one.item.currency, one.item.amount_minor == 0), []).append(one)
    before = await _open_orders(session, cart)
    prints = {key: _fingerprint(group, rules) for key, group in groups.items()}
    for order in before.values():
        if order.fingerprint not in prints.values() and wanted.currency in (None, order.currency):
            await orders.cancel(session, order, because=gettext("the cart was checked out with other things"))
    openings = []
    for (currency, is_free), group in groups.items():
        known = before.get(prints[currency, is_free])
        if known is not None:
            openings.append(await _again(session, known, wanted))
        else:
            openings.append(
                await _open(session, cart, buyer, wanted, rules, group, prints[currency, is_free], currency)
            )
    return _in_order(openings)


def _in_order(openings: list[Opening]) -> list[Opening]:
    """Sorted as payments are locked everywhere: two tabs that record theirs never wait for each other."""
    return sorted(openings, key=lambda opening: opening.order.payment_id or opening.order.id)


async def ask(gateway: Gateway, opening: Opening) -> CheckoutSession | None:
    """Ask the provider to open the pay page; a page that is open already is found.

    Raises PageOver when the page that was there is over, ProviderRefused or ProviderUnavailable.
    """
    if opening.payment is None or opening.wanted is None:
        return None
    if opening.payment.status == "pending" and opening.payment.stripe_checkout_session_id is not None:
        return await pay_page.find_open(gateway, opening.payment)
    return await pay_page.ask(gateway, opening.payment, opening.wanted)


async def record(session: Session, opening: Opening, made: CheckoutSession | None) -> Payment | None:
    """Record the pay page; a second call changes nothing."""
    if opening.payment is None or made is None:
        return None
    return await pay_page.record(session, opening.payment.id, made)


async def withdraw(session: Session, opening: Opening, *, because: Message) -> None:
    """End the order and its payment: the provider refused the pay page."""
    await pay_page.withdraw(session, request_key(opening.order.id), because=because)


def request_key(order_id: UUID) -> str:
    """The key by which an order's payment is found."""
    return f"order {order_id}"


async def _refuse_unsellable(session: Session, held: Sequence[CartLine], buyer: CartOwner) -> None:
    for one in held:
        if one.offer is None:
            raise NotForSale(
                gettext("product {product_id} is gone: take it out of the cart", product_id=one.item.product_id)
            )
        if one.offer.refusal is not None:
            raise NotForSale(gettext("{refusal}: take it out of the cart", refusal=one.offer.refusal))
    if buyer.person_id is not None:
        await owned.refuse(session, buyer.person_id, [one.offer for one in held if one.offer is not None])


async def _refuse_under_way(session: Session, cart: Cart, buyer: CartOwner, held: Sequence[CartLine]) -> None:
    theirs = Order.cart_id == cart.id
    if buyer.person_id is not None:
        theirs = or_(theirs, Order.person_id == buyer.person_id)
    wanted = [one.item.product_id for one in held]
    under_way = (
        select(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .where(theirs, Order.status == "processing", OrderLine.product_id.in_(wanted))
    )
    line = (await session.scalars(under_way.order_by(OrderLine.order_id, OrderLine.position).limit(1))).first()
    if line is not None:
        raise PaymentUnderWay(line)


async def _open_orders(session: Session, cart: Cart) -> dict[str, Order]:
    mine = select(Order).where(Order.cart_id == cart.id, Order.status == "open")
    rows = await session.scalars(mine.execution_options(populate_existing=True))
    return {order.fingerprint: order for order in rows}


def _fingerprint(group: Sequence[CartLine], rules: MarketRules) -> str:
    lines = sorted((str(one.item.product_id), one.item.amount_minor, one.item.currency) for one in group)
    said = repr((rules.vat_rate_bps, lines))
    return hashlib.sha256(said.encode()).hexdigest()


async def _open(
    session: Session, cart: Cart, buyer: CartOwner, wanted: CheckoutRequest, rules: MarketRules,
    group: Sequence[CartLine], fingerprint: str, currency: str,
) -> Opening:  # fmt: skip
    order_id = session.new_id()
    success_url = wanted.success_url.replace(ORDER, str(order_id))
    lines = [_line(session, order_id, i, one, rules) for i, one in enumerate(group)]
    drawn_up = [OrderLine(**line) for line in lines]
    total = Amount(sum(line.gross_minor for line in drawn_up), currency)
    # Written by the machine: an order is created with its status there, too.
    values: dict[str, Any] = {
        "id": order_id,
        "cart_id": cart.id,
        "person_id": buyer.person_id,
        "email": wanted.email,
        "language": wanted.language,
        "currency": currency,
        "amount_minor": total.minor,
        "vat_rate_bps": rules.vat_rate_bps,
        "fingerprint": fingerprint,
        "request_key": wanted.request_key,
        "success_url": success_url,
        "cancel_url": wanted.cancel_url,
        "created_at": session.now,
    }
    if total.minor == 0:
        if buyer.person_id is None:
            await limits.spend(session, FREE_TO_ADDRESS.of(wanted.email))
        free = {**values, "status": "paid", "paid_at": session.now}
        (order,) = await orders.machine.create(session, [free], because=gettext("everything in it is free"))
        await session.execute(insert(OrderLine), lines)
        await fulfilment.give_lines(session, order, drawn_up)
        await fulfilment.send_claim(session, order, rules)
        return Opening(order, None, None)
    page = _page(order_id, currency, drawn_up, success_url, wanted.cancel_url)
    payment = await pay_page.intend(session, page, currencies=rules.currencies, request_key=request_key(order_id))
    charged = await payments.lines_of(session, payment.id)
    paid_lines = [{**line, "payment_line_id": charged[line["position"]].id} for line in lines]
    values |= {"payment_id": payment.id, "status": "open", **_consented(session, wanted)}
    (order,) = await orders.machine.create(session, [values], because=gettext("checked out"))
    await session.execute(insert(OrderLine), paid_lines)
    return Opening(order, payment, page)


def _consented(session: Session, wanted: CheckoutRequest) -> dict[str, Any]:
    return {} if wanted.consent is None else {"consent": wanted.consent, "consented_at": session.now}


async def _made_by(session: Session, cart: Cart, key: str) -> Sequence[Order]:
    mine = select(Order).where(Order.cart_id == cart.id, Order.request_key == key).order_by(Order.id)
    return (await session.scalars(mine.execution_options(populate_existing=True))).all()


async def _again(session: Session, order: Order, wanted: CheckoutRequest) -> Opening:
    """The open order for the same products: the same body asks the provider for the same page."""
    if order.person_id is None and wanted.email is not None and order.email != wanted.email:
        await orders.machine.update(session, order, email=wanted.email, language=wanted.language)
    if order.payment_id is None:
        return Opening(order, None, None)
    if wanted.consent not in (None, order.consent):
        await orders.machine.update(session, order, **_consented(session, wanted))
    lines = (await orders.lines_of(session, [order.id]))[order.id]
    page = _page(order.id, order.currency, lines, order.success_url, order.cancel_url)
    payment = await payments.find(session, order.payment_id)
    # Paid before its page was written down: the provider would open another one once it has forgotten our key.
    has_page = payment.status == "pending" or payment.stripe_checkout_session_id is not None
    return Opening(order, payment, page if has_page else None)


def _line(session: Session, order_id: UUID, position: int, held: CartLine, rules: MarketRules) -> dict[str, Any]:
    offer = held.offer
    if offer is None:
        raise CartEmpty
    gross = held.item.amount_minor
    return {
        "id": session.new_id(),
        "order_id": order_id,
        "position": position,
        "product_id": offer.product.id,
        "kind": offer.product.kind,
        "item_id": offer.product.item_id,
        "release_id": offer.product.release_id,
        "artist_id": offer.artist.id,
        "artist": offer.artist.name,
        "title": offer.title,
        "licence": offer.licence,
        "gross_minor": gross,
        "vat_minor": vat_of(gross, rules.vat_rate_bps),
        "fee_bps": rules.fee_bps if offer.artist.fee_bps is None else offer.artist.fee_bps,
        "refunded_minor": 0,
    }


def _page(
    order_id: UUID, currency: str, lines: Sequence[OrderLine], success_url: str, cancel_url: str
) -> CheckoutSessionRequest:
    """What the provider's page says of an order: the same for the same order, so that its key finds the same page."""
    charged = tuple(LineDraft(str(line.artist_id), line.ref, line.gross_minor, line.fee_bps) for line in lines)
    return CheckoutSessionRequest(str(order_id), currency, charged, success_url, cancel_url)
