"""An artist's money in the studio: one sentence, what waits for a decision, and what becomes of it."""

from __future__ import annotations

from typing import Any

from tests.web.pages.browsing import Browser
from tests.web.pages.conftest import Store
from veza.market.orders import Order
from veza.market.refund_requests import RefundRequest


def of_artist(store: Store, act: Any) -> Browser:
    browser = store.browser()
    browser.who |= act.who
    return browser


async def asked_back(store: Store) -> tuple[Any, Browser, str]:
    """An artist's browser, and the address of their money; a buyer asks for one of two things back."""
    anna = await store.shop.artist("Anna <b>", fee_bps=1000)
    _, buyer = await store.reader()
    await store.buy(buyer, await anna.selling("Blue Hours", 700), await anna.selling("Stile", 800))
    order = f"/orders/{(await store.shop.stage.one(Order)).id}"
    await buyer.send(await buyer.open(order), f"{order}/refund-requests", reason="the <i>wrong</i> one")
    browser = of_artist(store, anna)
    return anna, browser, f"/studio/{anna.id}/money"


async def decided(store: Store, browser: Browser, address: str, decision: str) -> Any:
    request = await store.shop.stage.one(RefundRequest)
    page = await browser.open(address)
    path = f"{address.removesuffix('/money')}/requests/{request.id}"
    sent = await browser.send(page, path, answer="of course & <b>", decision=decision)
    await store.shop.stage.settle()
    return sent


async def test_a_request_is_granted_and_the_share_returns(any_store: Store) -> None:
    store = any_store
    _, browser, address = await asked_back(store)
    before = await browser.open(address)
    for said in ("€13.50 is yours", "Blue Hours", "the &lt;i&gt;wrong&lt;/i&gt; one", "Give it back", "Decline"):
        assert said in before.text
    sent = await decided(store, browser, address, "grant")
    assert "your share of it returns by itself" in sent.toast
    after = await browser.open(address)
    assert "€7.20 is yours" in after.text
    assert "given back" in after.text
    assert "Give it back" not in after.text


async def test_a_declined_request_leaves_the_money_where_it_is(store: Store) -> None:
    _, browser, address = await asked_back(store)
    sent = await decided(store, browser, address, "decline")
    assert "Declined" in sent.toast
    after = await browser.open(address)
    assert "€13.50 is yours" in after.text
    assert "declined" in after.text


async def test_an_answer_is_demanded_and_what_was_typed_stays(store: Store) -> None:
    _, browser, address = await asked_back(store)
    request = await store.shop.stage.one(RefundRequest)
    path = f"{address.removesuffix('/money')}/requests/{request.id}"
    sent = await browser.send(await browser.open(address), path, answer="", decision="grant")
    assert sent.status == 422
    assert "The answer is empty." in sent.text
    assert (await store.shop.stage.one(RefundRequest)).status == "asked"


async def test_the_money_of_another_artist_is_not_shown(store: Store) -> None:
    _, _, address = await asked_back(store)
    _, stranger = await store.reader()
    assert (await stranger.open(address)).status in (403, 404)


async def test_without_a_sale_the_page_says_so(store: Store) -> None:
    ben = await store.shop.artist("Ben")
    browser = of_artist(store, ben)
    page = await browser.open(f"/studio/{ben.id}/money")
    assert "Nothing was sold yet" in page.text
    assert "No buyer asks for money back." in page.text
