"""An artist's sales and money in the studio: one sentence, what waits for a decision, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests import factories
from tests.money.acts import REVERSING
from tests.web.pages.browsing import Browser
from tests.web.pages.conftest import Store
from tests.web.pages.studios import heard, of_artist
from veza.catalog.tracks import Track
from veza.market.orders import Order, OrderLine
from veza.market.refund_requests import RefundRequest


async def asked_back(store: Store) -> tuple[Any, Browser, str]:
    """An artist's browser, and the address of their studio; a buyer asks for one of two things back."""
    anna = await store.shop.artist("Anna <b>", fee_bps=1000)
    _, buyer = await store.reader()
    await store.buy(buyer, await anna.selling("Blue Hours", 700), await anna.selling("Stile", 800))
    order = f"/orders/{(await store.shop.stage.one(Order)).id}"
    await buyer.send(await buyer.open(order), f"{order}/refund-requests", reason="the <i>wrong</i> one")
    browser = of_artist(store, anna)
    return anna, browser, f"/studio/{anna.id}"


async def decided(store: Store, browser: Browser, address: str, decision: str) -> Any:
    request = await store.shop.stage.one(RefundRequest)
    page = await browser.open(address)
    path = f"{address}/requests/{request.id}"
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


async def test_a_share_that_is_being_taken_back_is_no_longer_the_sellers(store: Store) -> None:
    _, browser, address = await asked_back(store)
    store.shop.stage.sandbox.add_fault("error_503", path=REVERSING)
    await decided(store, browser, address, "grant")
    for page in (address, f"{address}/money"):
        assert "€7.20 is yours, €6.30 goes back for refunds" in (await browser.open(page)).text


async def test_a_declined_request_leaves_the_money_where_it_is(store: Store) -> None:
    _, browser, address = await asked_back(store)
    sent = await decided(store, browser, address, "decline")
    assert "Declined" in sent.toast
    after = await browser.open(address)
    assert "€13.50 is yours" in after.text
    assert "declined" in sent.text


async def test_an_answer_is_demanded_and_what_was_typed_stays(store: Store) -> None:
    _, browser, address = await asked_back(store)
    request = await store.shop.stage.one(RefundRequest)
    path = f"{address}/requests/{request.id}"
    for answer, said in (("", "The answer is empty."), ("n<", "The answer")):
        sent = await browser.send(await browser.open(address), path, answer=answer, decision="grant")
        assert sent.status == 422
        assert said in sent.text
        assert sent.form(path).fields["answer"] == answer
    assert (await store.shop.stage.one(RefundRequest)).status == "asked"


async def test_the_money_of_another_artist_is_not_shown(store: Store) -> None:
    _, _, address = await asked_back(store)
    _, stranger = await store.reader()
    assert (await stranger.open(address)).status in (403, 404)


async def test_sales_are_found_by_record_and_by_what_came_back(store: Store) -> None:
    _, browser, address = await asked_back(store)
    page = await browser.open(f"{address}/sales")
    assert "One buyer asks for money back" in page.text
    assert page.html.count("<tr><td>") == 2
    line = (await store.shop.stage.one(RefundRequest)).line_id
    (release,) = [one.release_id for one in await store.shop.stage.all(OrderLine) if one.id != line]
    of_one = await browser.open(f"{address}/sales?release={release}&state=kept")
    assert of_one.html.count("<tr><td>") == 1
    nothing = await browser.open(f"{address}/sales?state=returned")
    assert "No sale is like that." in nothing.text
    await decided(store, browser, address, "grant")
    back = await browser.open(f"{address}/sales?state=returned")
    assert back.html.count("<tr><td>") == 1
    assert "given back" in back.text
    payouts = await browser.open(f"{address}/money")
    assert "Taken back for refunds" in payouts.text


async def test_without_a_sale_the_pages_say_so(store: Store) -> None:
    ben = await store.shop.artist("Ben", onboarded=False)
    browser = of_artist(store, ben)
    for page in ("", "/money", "/sales"):
        assert "Nothing was sold yet" in (await browser.open(f"/studio/{ben.id}{page}")).text
    first = await browser.open(f"/studio/{ben.id}")
    assert "Begin with a record" in first.text
    assert "no refund to decide" in first.text


async def test_the_first_page_says_what_was_sold_and_heard_and_what_waits(any_store: Store) -> None:
    store = any_store
    anna = await store.shop.artist("Anna", fee_bps=1000)
    _, buyer = await store.reader()
    await store.buy(buyer, await anna.selling("Blue <i>Hours</i>", 700))
    now = store.shop.stage.clock.now()
    draft = await anna.release("Soon", status="scheduled", publish_at=now + timedelta(days=2))
    one, two = await anna.tracks(draft)
    await factories.change(store.shop.stage.database, Track, two.id, audio_state="failed")
    await heard(store, anna.id, one.id, now.date(), 4)
    page = await of_artist(store, anna).open(f"/studio/{anna.id}")
    for said in (
        "€6.30 is yours", "Sold for €7.00", "Heard 4 times", "Blue &lt;i&gt;Hours&lt;/i&gt;", "cannot be read",
        "goes out",
    ):  # fmt: skip
        assert said in page.text, said
    assert page.html.count('<rect class="bar') == 2


async def test_the_first_page_leads_to_the_payment_provider(store: Store) -> None:
    ben = await store.shop.artist("Ben", onboarded=False)
    await ben.selling()
    page = await of_artist(store, ben).open(f"/studio/{ben.id}")
    assert "You are not paid out yet" in page.text
    assert f"/studio/{ben.id}/onboarding" in page.links
