"""Checkout: on to the provider's page with one currency of the cart, and the page one comes back to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.people import clean_email
from veza.accounts.permissions import Permission
from veza.catalog import listings
from veza.http import checking_out
from veza.http.buyers import keys_of_cart
from veza.http.checking_out import OpenedOrder
from veza.http.endpoints import Language
from veza.http.idempotency import Reply
from veza.http.requests import DoorRequest
from veza.kit.database import Database, Session
from veza.kit.field_faults import FieldChecks, FieldFault
from veza.kit.ids import id_of
from veza.kit.messages import gettext
from veza.market import cart as carts
from veza.market import consent, orders, receipts
from veza.market.cart import CartOwner
from veza.market.checkout import ORDER, CartEmpty, CheckoutRequest
from veza.market.orders import Order, UnknownOrder
from veza.market.rules import MarketRules
from veza.money.facade import Money
from veza.web.answers import Form, See, Shown
from veza.web.buyers import Buyer
from veza.web.cart_payments import seen_of, shown_cart
from veza.web.declared import form, idempotent_of_form, page
from veza.web.pages.carts import cart_page

LOOK_SECONDS = 3
"""Between two looks of the page that waits for the bank's answer."""
MOST_LOOKS = 40
"""Two minutes: webhooks come within seconds; after that a reader looks again by hand."""


class ConsentMissing(FieldFault):
    """The box beside the button was not ticked."""


@form("/checkout", permission=Permission.BUY, shows=cart_page)
async def check_out(
    request: DoorRequest, identity: Identity, buyer: Buyer, form: Form, language: Language,
    database: NamedDependency[Database], money: NamedDependency[Money], rules: NamedDependency[MarketRules],
) -> See:  # fmt: skip
    """Makes the order of one currency and leads to its pay page; what is free is given at once."""
    if buyer.person_id is None and buyer.cart_token is None:
        raise CartEmpty
    currency, email = form.value("currency")[:3].upper(), None
    async with database.write(identity.actor) as session:
        costs = await _accept_shown(session, buyer, form.value("seen"), currency)
    checks = FieldChecks()
    with checks.field("email"):
        email = clean_email(form.value("email")) if buyer.person_id is None else None
    with checks.field("consent"):
        if costs and form.value("consent") != "yes":
            raise ConsentMissing(gettext("without this consent nothing can be given before the 14 days are over"))
    checks.demand()
    idempotent, part = idempotent_of_form(database, request, form.given), keys_of_cart(buyer)
    idempotent = idempotent if part is None else idempotent.within(part)
    wanted = CheckoutRequest(
        email, f"{rules.base_url}/checkout/done?order={ORDER}", f"{rules.base_url}/cart?canceled=1&first={currency}",
        idempotent.intent_key, language, currency, consent.CURRENT if form.value("consent") == "yes" else None,
    )  # fmt: skip
    answer = await checking_out.check_out(request, buyer, wanted, idempotent, money, rules, _lead_on)
    return See(answer.headers["Location"])


async def _accept_shown(session: Session, buyer: CartOwner, seen: str, currency: str) -> bool:
    """The buyer has seen today's prices and the lines whose product is gone, if the cart is still as it was shown: the
    cart takes the prices then, and loses those lines. Returns whether a line in this currency costs money."""
    cart = await carts.ready(session, buyer)
    held = await carts.contents(session, cart)
    if seen == seen_of(held):
        for one in held:
            if one.offer is None or one.offer.refusal is not None:
                await carts.remove(session, cart, one.item.product_id)
        await carts.reprice(session, cart)
        held = await carts.contents(session, cart)
    return any(one.item.amount_minor for one in held if one.item.currency == currency)


def _lead_on(opened: Sequence[OpenedOrder]) -> Reply:
    """To the pay page, or where nothing is left to pay to what was bought."""
    page_url = next((one.checkout_url for one in opened if one.checkout_url is not None), None)
    return Reply(303, None, page_url or f"/checkout/done?order={opened[0].order.id}")


@page("/checkout/done", permission=Permission.BUY)
async def checkout_page(
    session: Session, request: DoorRequest, buyer: Buyer, rules: NamedDependency[MarketRules]
) -> Shown:
    """What became of an order; while the bank's answer is on its way, the page looks again by itself."""
    held = await carts.contents(session, await carts.find(session, buyer))
    order = await _order(session, request.query_params.get("order", ""), buyer)
    lines = (await orders.lines_of(session, [order.id]))[order.id] if order is not None else []
    return Shown(
        "checkout_done.html",
        order=order,
        lines=lines,
        cards=await listings.release_cards(session, {line.release_id for line in lines}),
        receipt=_receipt_of(order, buyer),
        look_again=_look_again(order, request.query_params.get("look", "")),
        look_seconds=LOOK_SECONDS,
        rest=await shown_cart(session, [one for one in held if not _is_of(order, one.item.currency)], rules),
    )  # fmt: skip


async def _order(session: Session, wanted: str, buyer: CartOwner) -> Order | None:
    """The order if it is the person's, or was made from this cart."""
    if (order_id := id_of(wanted)) is None:
        return None
    with suppress(UnknownOrder):
        return await receipts.bought_here(session, order_id, None, buyer)
    with suppress(UnknownOrder):
        if buyer.person_id is not None:
            return await orders.find_theirs(session, order_id, buyer.person_id)
    return None


def _is_of(order: Order | None, currency: str) -> bool:
    """Whether this currency of the cart is what the order still waits for."""
    return order is not None and order.status in orders.WAITING and order.currency == currency


def _receipt_of(order: Order | None, buyer: CartOwner) -> str | None:
    if order is None or order.receipt_count is None:
        return None
    return f"/api/v1{'' if buyer.person_id is not None else '/cart'}/orders/{order.id}/receipt.pdf"


def _look_again(order: Order | None, looked: str) -> str | None:
    """The address to look at next; None where nothing is awaited, and after the last look."""
    looks = int(looked) if looked.isascii() and looked.isdecimal() and len(looked) < 4 else 0
    if order is None or order.status != "open" or looks >= MOST_LOOKS:
        return None
    return f"/checkout/done?order={order.id}&look={looks + 1}"
