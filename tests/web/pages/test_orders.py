"""Orders: their lines and refunds, and a refund request told in plain words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.web.pages.browsing import Browser, Page
from tests.web.pages.conftest import Store
from veza.market.orders import Order, OrderLine
from veza.market.refund_requests import RefundRequest


async def bought(store: Store) -> tuple[Any, Browser, str]:
    """An artist, the buyer's browser, and the address of their order of two things."""
    anna = await store.shop.artist("Anna <b>")
    _, browser = await store.reader()
    await store.buy(browser, await anna.selling("Blue Hours", 700), await anna.selling("Stile", 800))
    return anna, browser, f"/orders/{(await store.shop.stage.one(Order)).id}"


async def asked(browser: Browser, address: str, reason: str = "bought by mistake") -> Page:
    return await browser.send(await browser.open(address), f"{address}/refund-requests", reason=reason)


async def answer(store: Store, act: Any, what: str) -> None:
    request = await store.shop.stage.one(RefundRequest)
    path, said = f"/refund-requests/{request.id}/{what}", {"answer": "of course & <b>"}
    await store.shop.post(path, said, by=act.who, expect=200)
    await store.shop.stage.settle()


async def test_without_orders_the_page_leads_on(store: Store) -> None:
    _, browser = await store.reader()
    page = await browser.open("/orders")
    assert "You bought nothing yet" in page.text


async def test_the_orders_and_one_of_them(any_store: Store) -> None:
    store = any_store
    _, browser, address = await bought(store)
    page = await browser.open("/orders")
    for said in ("Blue Hours, Stile", "Anna &lt;b&gt;", "paid", "€15.00"):
        assert said in page.text
    assert address in page.links
    order = await browser.open(address)
    assert "€15.00 on" in order.text
    assert f"/api/v1{address}/receipt.pdf" in order.links
    assert order.text.count("Ask for the money back") == 2
    _, stranger = await store.reader()
    assert (await stranger.open(address)).status == 404


async def test_a_refund_is_asked_for_granted_and_told_line_by_line(any_store: Store) -> None:
    store = any_store
    anna, browser, address = await bought(store)
    sent = await asked(browser, address, "bought\r\nby <i>mistake</i>")
    assert sent.status == 200
    assert sent.toast.startswith("Your request is on its way; an answer is promised by")
    assert "you asked for the money back" in sent.text
    assert "bought by &lt;i&gt;mistake&lt;/i&gt;" in sent.text
    assert "has your words and answers by" in sent.text
    assert sent.text.count("Ask for the money back") == 1
    await answer(store, anna, "grant")
    told = await browser.open(address)
    assert "the money went back" in told.text
    assert "of course &amp; &lt;b&gt;" in told.text
    assert "€7.00 of it went back, €8.00 stays paid." in told.text
    assert [one.refunded_minor for one in await store.shop.stage.all(OrderLine)] == [700, 0]


async def test_a_click_twice_asks_once(store: Store) -> None:
    _, browser, address = await bought(store)
    page = await browser.open(address)
    for _ in range(2):
        again = await browser.post(page, f"{address}/refund-requests", reason="bought by mistake")
        assert again.status_code == 303
    assert (await store.shop.stage.one(RefundRequest)).times_asked == 1


async def test_after_a_no_it_can_be_asked_once_more(store: Store) -> None:
    anna, browser, address = await bought(store)
    await asked(browser, address)
    await answer(store, anna, "decline")
    told = await browser.open(address)
    assert "declined" in told.text
    assert "You keep “Blue Hours”, and what you paid stays with Anna" in told.text
    assert "Ask once more" in told.text
    again = await asked(browser, address, "the second song cuts off")
    assert "the second song cuts off" in again.text
    await answer(store, anna, "decline")
    assert "Ask once more" not in (await browser.open(address)).text


async def test_a_reason_that_is_too_short_is_shown_again(store: Store) -> None:
    _, browser, address = await bought(store)
    again = await asked(browser, address, "x")
    assert again.status == 422
    assert again.form(f"{address}/refund-requests").fields["reason"] == "x"
    assert "<details" in again.html
    assert "open>" in again.html
    assert await store.shop.stage.all(RefundRequest) == []


async def test_when_the_time_is_over_nothing_is_offered(store: Store) -> None:
    _, browser, address = await bought(store)
    page = await browser.open(address)
    await store.shop.stage.pass_time(timedelta(days=15))
    late = await browser.send(page, f"{address}/refund-requests", reason="bought by mistake")
    assert (late.status, "could be asked for until" in late.text) == (409, True)
    assert "Ask for the money back" not in (await browser.open(address)).text


async def test_an_order_that_was_not_paid_leads_back_to_the_cart(store: Store) -> None:
    _, browser = await store.reader()
    cart = await store.put_in(browser, await (await store.shop.artist()).selling())
    await store.check_out(browser, cart)
    order = await store.shop.stage.one(Order)
    page = await browser.open(f"/orders/{order.id}")
    assert "not paid yet" in page.text
    assert "/cart?first=EUR" in page.links
    assert "Ask for the money back" not in page.text
