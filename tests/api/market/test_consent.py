"""What the buyer agreed to at checkout is kept with the order, where a program says it."""

from __future__ import annotations

from tests.api.market.conftest import Shop
from tests.api.visitors import visiting


async def test_a_program_may_say_to_what_the_buyer_agreed_and_need_not(shop: Shop) -> None:
    act = await shop.artist()
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": await act.selling()}, by=buyer, expect=200)
    (silent,) = await shop.check_out(buyer)
    assert (silent["consent"], silent["consented_at"]) == (None, None)
    (again,) = await shop.check_out(buyer, consent="withdrawal-1")
    assert (again["id"], again["consent"]) == (silent["id"], "withdrawal-1")
    assert again["consented_at"] is not None
    answer = await shop.send("POST", "/cart/checkout", {"consent": "anything"}, by=buyer)
    assert answer.status_code == 400
