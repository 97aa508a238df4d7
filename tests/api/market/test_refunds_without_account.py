"""A buyer without an account asks for their money by the mailed link or by their cart, and is answered by mail."""

from __future__ import annotations

from typing import Any

from tests.api.market.conftest import Act, Shop, anonymous
from tests.api.visitors import visiting
from veza.kit.mail import Mail, opened
from veza.market.refund_requests import RefundRequest
from veza.money.refunds import Refund

STRANGER = anonymous("a-cart-token-that-some-other-browser-knows-0002")
ADDRESS = "bo@example.org"


async def bought(shop: Shop) -> tuple[Act, Any, str, dict[str, str]]:
    """An artist, a paid order, the token of its link, and what to ask."""
    act = await shop.artist()
    order = await shop.buy(anonymous(), await act.selling(), email=ADDRESS)
    return act, order, shop.claim_token(), {"line_id": order["lines"][0]["id"], "reason": "bought by mistake"}


def path_of(order: Any, token: str | None = None) -> str:
    return f"/cart/orders/{order['id']}/refund-requests" + (f"?token={token}" if token else "")


async def subjects(shop: Shop) -> list[str]:
    box = shop.stage.database.box
    return [opened(box, row).subject for row in await shop.stage.all(Mail) if row.to == ADDRESS]


async def test_the_mailed_link_asks_and_the_answer_comes_by_mail(any_shop: Shop) -> None:
    shop = any_shop
    act, order, token, asked = await bought(shop)
    assert f"/refund?token={token}" in shop.mails[0][2]
    made = await shop.post(path_of(order, token), asked, by=STRANGER, expect=201)
    assert (made["status"], (await shop.stage.one(RefundRequest)).person_id) == ("asked", None)
    await shop.post(f"/refund-requests/{made['id']}/grant", {"answer": "of course"}, by=act.who, expect=200)
    await shop.stage.settle()
    assert (await shop.stage.one(RefundRequest)).status == "refunded"
    assert [(row.status, row.amount_minor) for row in await shop.stage.all(Refund)] == [("succeeded", 1000)]
    assert "Your refund is granted: Blue Hours" in await subjects(shop)
    assert "10.00 EUR went back to you" in await subjects(shop)


async def test_the_cart_asks_too_and_once_more_after_a_no(any_shop: Shop) -> None:
    shop = any_shop
    act, order, token, asked = await bought(shop)
    made = await shop.post(path_of(order), asked, by=anonymous(), expect=201)
    await shop.refused("POST", path_of(order), asked, 409, "no-refund", by=anonymous())
    await shop.post(
        f"/refund-requests/{made['id']}/decline", {"answer": "you heard it to the end"}, by=act.who, expect=200
    )
    again = await shop.post(path_of(order, token), {**asked, "reason": "it cuts off"}, by=STRANGER, expect=201)
    assert (again["id"], again["times_asked"], again["status"]) == (made["id"], 2, "asked")
    await shop.post(f"/refund-requests/{made['id']}/decline", {"answer": "it does not"}, by=act.who, expect=200)
    await shop.refused("POST", path_of(order, token), asked, 409, "no-refund", by=STRANGER)


async def test_without_link_or_cart_no_visitor_sees_the_order(any_shop: Shop) -> None:
    shop = any_shop
    _, order, token, asked = await bought(shop)
    await shop.refused("POST", path_of(order), asked, 404, "not-found", by=STRANGER)
    await shop.refused("POST", path_of(order, token[::-1]), asked, 404, "not-found", by=STRANGER)
    await shop.refused("POST", path_of(order), asked, 400, "cart-token-missing", by={})
    other = {**asked, "line_id": order["id"]}
    await shop.refused("POST", path_of(order, token), other, 404, "not-found", by=STRANGER)
    assert await shop.stage.all(RefundRequest) == []


async def test_who_claims_the_order_has_its_request_and_the_link_asks_no_more(any_shop: Shop) -> None:
    shop = any_shop
    act, order, token, asked = await bought(shop)
    made = await shop.post(path_of(order, token), asked, by=STRANGER, expect=201)
    person = visiting(await shop.person(ADDRESS))
    await shop.post("/orders/claim", {"token": token}, by=person, expect=200)
    assert [one["id"] for one in (await shop.get("/refund-requests", by=person))["items"]] == [made["id"]]
    await shop.post(
        f"/refund-requests/{made['id']}/decline", {"answer": "you heard it to the end"}, by=act.who, expect=200
    )
    again = f"/refund-requests/{made['id']}/ask-again"
    assert (await shop.post(again, {"reason": "it cuts off"}, by=person, expect=200))["times_asked"] == 2
    await shop.refused("POST", path_of(order, token), asked, 404, "not-found", by=STRANGER)
