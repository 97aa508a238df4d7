"""A cart of several currencies is checked out one after the other."""

from __future__ import annotations

from uuid import UUID

from tests.api.market.conftest import Shop
from veza.market import cart as carts
from veza.market.cart import CartOwner
from veza.market.checkout import ORDER, CheckoutRequest, begin
from veza.market.orders import Order


async def test_one_currency_of_the_cart_alone_is_checked_out(shop: Shop) -> None:
    anna = await shop.artist()
    buyer = CartOwner(await shop.person(), None)
    selling = [await anna.selling("A", 700), await anna.selling("B", 900, currency="USD")]
    async with shop.stage.database.write() as session:
        cart = await carts.ready(session, buyer)
        for product_id in selling:
            await carts.add(session, cart, buyer, UUID(product_id), None)
    opened: list[Order] = []
    for currency in ("EUR", "USD", "EUR"):
        key, back = f"{currency} {len(opened)}", f"https://veza.test/done?order={ORDER}"
        wanted = CheckoutRequest(None, back, "https://veza.test/cart", key, currency=currency)
        async with shop.stage.database.write() as session:
            cart = await carts.ready(session, buyer)
            opened += [one.order for one in await begin(session, cart, buyer, wanted, shop.rules)]
    # The other currency's order is left as it is, and is found again.
    assert [(one.currency, one.status) for one in opened] == [("EUR", "open"), ("USD", "open"), ("EUR", "open")]
    assert opened[0].id == opened[2].id
    assert opened[0].success_url == f"https://veza.test/done?order={opened[0].id}"
