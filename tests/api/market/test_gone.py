"""What is withdrawn, hidden or taken off sale while its pay page is open: the page is closed, its money goes back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from tests.api.market.conftest import Act, Shop, anonymous
from tests.api.visitors import visiting
from veza.app.subjects import SUBJECTS
from veza.catalog import publishing
from veza.catalog.releases import Release
from veza.kit.database import Session
from veza.kit.messages import Message
from veza.market import orders
from veza.market.gone import OrdersStay, cancel_open
from veza.market.orders import Order, OrderLine
from veza.moderation import hiding
from veza.money.refunds import Refund

TakeDown = Callable[[Shop, Act, UUID], Awaitable[None]]


async def withdraw(shop: Shop, act: Act, release_id: UUID) -> None:
    async with shop.stage.database.write("anna") as session:
        await publishing.withdraw(session, await session.get_one(Release, release_id))


async def hide_release(shop: Shop, act: Act, release_id: UUID) -> None:
    async with shop.stage.database.write("moderator") as session:
        await hiding.hide(session, SUBJECTS, "release", release_id)


async def hide_artist(shop: Shop, act: Act, release_id: UUID) -> None:
    async with shop.stage.database.write("moderator") as session:
        await hiding.hide(session, SUBJECTS, "artist", act.id)


TAKEN_DOWN = pytest.mark.parametrize("take_down", [withdraw, hide_release, hide_artist])


def page_of(shop: Shop, order: Any) -> str:
    return str(shop.stage.sandbox.world.sessions.rows[order["checkout_url"].rpartition("/")[2]]["status"])


async def status_of(shop: Shop, who: dict[str, str], order: Any) -> str:
    return str((await shop.get(f"/orders/{order['id']}", by=who))["status"])


async def opened(shop: Shop, who: dict[str, str], **wanted: Any) -> tuple[Act, UUID, Any]:
    """An artist, their release, and an order of it whose page is open."""
    act = await shop.artist()
    release = await act.release()
    await shop.post("/cart/items", {"product_id": await act.product(release)}, by=who, expect=200)
    (order,) = await shop.check_out(who, **wanted)
    return act, release, order


@TAKEN_DOWN
async def test_its_pay_page_is_closed_and_the_order_canceled(any_shop: Shop, take_down: TakeDown) -> None:
    buyer = visiting(await any_shop.person())
    act, release, order = await opened(any_shop, buyer)
    await take_down(any_shop, act, release)
    await any_shop.stage.settle()
    assert (page_of(any_shop, order), await status_of(any_shop, buyer, order)) == ("expired", "canceled")
    assert "not published" in await any_shop.refused("POST", "/cart/checkout", {}, 409, "not-for-sale", by=buyer)


@TAKEN_DOWN
async def test_what_is_paid_all_the_same_goes_back_and_the_buyer_is_told(any_shop: Shop, take_down: TakeDown) -> None:
    shop = any_shop
    buyer = visiting(await shop.person("bo@example.org"))
    act, release, order = await opened(shop, buyer)
    shop.stage.sandbox.pay_checkout(order["checkout_url"].rpartition("/")[2])
    await take_down(shop, act, release)
    await shop.stage.settle()
    assert await status_of(shop, buyer, order) == "refunded"
    assert await shop.library(buyer) == []
    refund: Refund = await shop.stage.one(Refund)
    assert (refund.status, refund.amount_minor) == ("succeeded", 1000)
    told = [mail for mail in shop.mails if mail[1] == "Money goes back to you from Veza"]
    assert [(mail[0], "10.00 EUR" in mail[2], "Blue Hours · Anna Berg" in mail[2]) for mail in told] == [
        ("bo@example.org", True, True)
    ]


async def test_an_order_that_cannot_be_canceled_keeps_no_other_page_open(
    any_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = any_shop
    buyers = [visiting(await shop.person()) for _ in range(3)]
    act = await shop.artist()
    release = await act.release()
    product = await act.product(release)
    waiting = []
    for buyer in buyers:
        await shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200)
        waiting += await shop.check_out(buyer)
    odd, cancel = UUID(waiting[1]["id"]), orders.cancel

    async def picky(session: Session, order: Order, *, because: Message) -> None:
        if order.id == odd:
            raise ValueError("an unreadable row")
        await cancel(session, order, because=because)

    monkeypatch.setattr(orders, "cancel", picky)
    async with shop.stage.database.write("anna") as session:
        await publishing.withdraw(session, await session.get_one(Release, release))
    with pytest.raises(OrdersStay, match=f"1 orders could not be canceled .order {odd}"):
        await cancel_open(shop.stage.database, OrderLine.release_id == release)
    assert [await status_of(shop, who, order) for who, order in zip(buyers, waiting, strict=True)] == [
        "canceled", "open", "canceled",
    ]  # fmt: skip


async def test_a_buyer_without_an_account_is_told_too_and_sent_no_link(shop: Shop) -> None:
    act, release, order = await opened(shop, anonymous(), email="bo@example.org")
    shop.stage.sandbox.pay_checkout(order["checkout_url"].rpartition("/")[2])
    await withdraw(shop, act, release)
    await shop.stage.settle()
    assert [(mail[0], mail[1]) for mail in shop.mails] == [("bo@example.org", "Money goes back to you from Veza")]


async def test_only_what_is_gone_goes_back_and_the_rest_is_given(shop: Shop) -> None:
    buyer = anonymous()
    act = await shop.artist()
    kept, gone = await act.release("Kept"), await act.release("Gone")
    for release, price in ((kept, 700), (gone, 300)):
        await shop.post("/cart/items", {"product_id": await act.product(release, price)}, by=buyer, expect=200)
    (order,) = await shop.check_out(buyer, email="bo@example.org")
    shop.stage.sandbox.pay_checkout(order["checkout_url"].rpartition("/")[2])
    await hide_release(shop, act, gone)
    await shop.stage.settle()
    refund: Refund = await shop.stage.one(Refund)
    assert (refund.status, refund.amount_minor) == ("succeeded", 300)
    back, link = shop.mails
    assert ("Gone · Anna Berg" in back[2], "3.00 EUR" in back[2], "Kept" in back[2]) == (True, True, False)
    assert ("Kept · Anna Berg" in link[2], "7.00 EUR" in link[2], "Gone" in link[2]) == (True, True, False)
    person = visiting(await shop.person("bo@example.org"))
    await shop.post("/orders/claim", {"token": shop.claim_token(1)}, by=person, expect=200)
    assert await shop.library(person) == ["Kept"]


async def test_a_hidden_track_sold_alone_is_gone_and_its_release_is_not(shop: Shop) -> None:
    act = await shop.artist()
    release = await act.release()
    track = (await act.tracks(release))[0]
    alone, whole = visiting(await shop.person()), visiting(await shop.person())
    single = await act.product(track.id, 100, kind="track")
    await shop.post("/cart/items", {"product_id": single}, by=alone, expect=200)
    await shop.post("/cart/items", {"product_id": await act.product(release)}, by=whole, expect=200)
    (of_track,), (of_release,) = await shop.check_out(alone), await shop.check_out(whole)
    async with shop.stage.database.write("moderator") as session:
        await hiding.hide(session, SUBJECTS, "track", track.id)
    await shop.stage.settle()
    assert (page_of(shop, of_track), page_of(shop, of_release)) == ("expired", "open")


async def test_what_is_only_taken_off_sale_is_closed_but_kept_when_it_is_paid(shop: Shop) -> None:
    closed, paid = visiting(await shop.person()), visiting(await shop.person())
    act = await shop.artist()
    product = await act.selling()
    for buyer in (closed, paid):
        await shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200)
    (of_closed,), (of_paid,) = await shop.check_out(closed), await shop.check_out(paid)
    shop.stage.sandbox.pay_checkout(of_paid["checkout_url"].rpartition("/")[2])
    await shop.send("PATCH", f"/products/{product}", {"on_sale": False}, by=act.who)
    await shop.stage.settle()
    assert (page_of(shop, of_closed), await status_of(shop, closed, of_closed)) == ("expired", "canceled")
    assert (await status_of(shop, paid, of_paid), await shop.library(paid)) == ("paid", ["Blue Hours"])


async def test_what_was_paid_before_stays_with_its_buyer(shop: Shop) -> None:
    buyer = visiting(await shop.person())
    act = await shop.artist()
    release = await act.release()
    order = await shop.buy(buyer, await act.product(release))
    await withdraw(shop, act, release)
    await shop.stage.settle()
    assert (await status_of(shop, buyer, order), await shop.library(buyer)) == ("paid", ["Blue Hours"])
    assert await shop.stage.all(Refund) == []


async def test_what_is_shown_again_before_it_was_looked_at_keeps_its_page(shop: Shop) -> None:
    buyer = visiting(await shop.person())
    act, release, order = await opened(shop, buyer)
    await hide_release(shop, act, release)
    async with shop.stage.database.write("moderator") as session:
        await hiding.restore(session, SUBJECTS, "release", release)
    await shop.stage.settle()
    assert (page_of(shop, order), await status_of(shop, buyer, order)) == ("open", "open")
