"""Checkout: on to the provider's page with one currency, and the page one comes back to."""

from __future__ import annotations

from tests.web.pages.conftest import Store
from veza.lab.sandbox.delayed import DEBITS
from veza.market import consent
from veza.market.orders import Order


async def test_a_person_pays_one_currency_after_the_other(any_store: Store) -> None:
    store = any_store
    anna, ben = await store.shop.artist("Anna"), await store.shop.artist("Ben")
    _, browser = await store.reader()
    await store.put_in(browser, await anna.selling("Blue Hours", 700))
    cart = await store.put_in(browser, await ben.selling("Heures", 1100, currency="USD"))
    pay_page = await store.check_out(browser, cart)
    assert [one.currency for one in await store.shop.stage.all(Order)] == ["EUR"]
    way_back = store.way_back(pay_page)

    waits = await browser.open(way_back)
    assert "Your bank’s answer is on its way" in waits.text
    assert f'hx-get="{way_back.replace("&", "&amp;")}&amp;look=1"' in waits.html
    last = await browser.open(f"{way_back}&look=40")
    assert "It takes longer than usual" in last.text
    assert "hx-get" not in last.html

    await store.pay(pay_page)
    done = await browser.open(way_back)
    assert "€7.00 has arrived. It is yours." in done.text
    assert "Blue Hours" in done.text
    assert "Then, $11.00" in done.text
    assert "Heures by Ben: it stays in your cart for thirty days." in done.text
    assert any(one.endswith("/receipt.pdf") for one in done.links)

    second = await browser.open("/cart?first=USD")
    assert "One thing" in second.text
    both = await browser.open(await store.pay(await store.check_out(browser, second)))
    assert "$11.00 has arrived." in both.text
    assert "Then," not in both.text
    assert sorted(one.currency for one in await store.shop.stage.all(Order)) == ["EUR", "USD"]


async def test_a_click_twice_and_a_second_tab_are_one_order(store: Store) -> None:
    _, browser = await store.reader()
    cart = await store.put_in(browser, await (await store.shop.artist()).selling())
    first = await store.check_out(browser, cart)
    assert await store.check_out(browser, cart) == first
    assert await store.check_out(browser, await browser.open("/cart")) == first
    assert len(await store.shop.stage.all(Order)) == 1


async def test_without_consent_or_an_address_nothing_is_ordered_and_what_was_typed_stays(store: Store) -> None:
    browser = store.browser()
    cart = await store.put_in(browser, await (await store.shop.artist()).selling())
    again = await browser.send(cart, "/checkout", email="bo@")
    assert again.status == 422
    assert again.form("/checkout").fields["email"] == "bo@"
    assert 'id="email-fault"' in again.html
    assert "Without this consent nothing can be given" in again.text
    without = await browser.send(cart, "/checkout", email="bo@example.org")
    assert (without.status, 'id="email-fault"' in without.html) == (422, False)
    assert await store.shop.stage.all(Order) == []


async def test_a_visitor_is_mailed_the_link(any_store: Store) -> None:
    store = any_store
    browser = store.browser()
    done = await store.buy(browser, await (await store.shop.artist()).selling(), email="Bo@Example.org")
    assert "€10.00 has arrived." in done.text
    assert "A link to it was mailed to bo@example.org" in done.text
    assert not any(one.startswith("/library") and one != "/library" for one in done.links)
    assert any(one.startswith("/api/v1/cart/orders/") for one in done.links)
    ((to, _, text),) = store.shop.mails
    assert to == "bo@example.org"
    order = await store.shop.stage.one(Order)
    assert (order.consent, order.consented_at) == (consent.CURRENT, order.created_at)
    assert f"On {order.created_at:%Y-%m-%d} you agreed: “{consent.TEXTS[consent.CURRENT]}”" in str(text)
    stranger = await store.browser().open(f"/checkout/done?order={(await store.shop.stage.one(Order)).id}")
    assert "Thank you" in stranger.text
    assert "10.00" not in stranger.text


async def test_what_is_free_is_given_at_once_and_asks_for_no_consent(store: Store) -> None:
    anna = await store.shop.artist()
    _, browser = await store.reader()
    cart = await store.put_in(browser, await anna.product(await anna.release("Gift"), 0, pricing="free"))
    assert "consent" not in cart.form("/checkout").names
    done = await browser.send(cart, "/checkout")
    assert "It is yours." in done.text
    assert "Gift" in done.text
    assert "Nothing is in your cart" in (await browser.open("/cart")).text


async def test_who_leaves_the_pay_page_is_told_that_nothing_was_charged(store: Store) -> None:
    _, browser = await store.reader()
    cart = await store.put_in(browser, await (await store.shop.artist()).selling())
    pay_page = await store.check_out(browser, cart)
    canceled = store.session_of(pay_page)["cancel_url"].removeprefix("https://veza.test")
    page = await browser.open(canceled)
    assert "Nothing was charged. Everything is still in your cart." in page.text
    assert await store.check_out(browser, page) == pay_page


async def test_a_payment_that_ended_unpaid_leads_back_to_the_cart(store: Store) -> None:
    _, browser = await store.reader()
    cart = await store.put_in(browser, await (await store.shop.artist()).selling())
    pay_page = await store.check_out(browser, cart)
    store.shop.stage.sandbox.expire_checkout(pay_page.rpartition("/")[2])
    await store.shop.stage.settle()
    page = await browser.open(store.way_back(pay_page))
    assert "Nothing was charged" in page.text
    assert "/cart?first=EUR" in page.links


async def test_the_provider_that_refuses_leaves_the_cart_as_it_was(store: Store) -> None:
    _, browser = await store.reader()
    cart = await store.put_in(browser, await (await store.shop.artist()).selling())
    store.shop.stage.sandbox.add_fault("refused", path=r"/checkout/sessions$")
    refused = await browser.send(cart, "/checkout", consent="yes")
    assert (refused.status, "Blue Hours" in refused.text) == (422, True)
    assert await store.check_out(browser, await browser.open("/cart"))


async def test_a_debit_that_takes_days_is_told_and_the_other_currency_is_paid_meanwhile(store: Store) -> None:
    anna = await store.shop.artist()
    _, browser = await store.reader()
    await store.put_in(browser, await anna.selling("Slow", 700))
    cart = await store.put_in(browser, await anna.selling("Quick", 1100, currency="USD"))
    pay_page = await store.check_out(browser, cart)
    page_id, sandbox = pay_page.rpartition("/")[2], store.shop.stage.sandbox
    sandbox.pay_checkout(page_id, card=DEBITS[0].iban)
    await store.shop.stage.settle()
    waits = await browser.open(store.way_back(pay_page))
    assert "A debit of €7.00 takes a few days." in waits.text
    assert "hx-get" not in waits.html
    again = await browser.send(await browser.open("/cart?first=EUR"), "/checkout", consent="yes")
    assert (again.status, "your bank is still carrying out the payment" in again.text.lower()) == (409, True)
    dollars = await browser.open(await store.pay(await store.check_out(browser, await browser.open("/cart?first=USD"))))
    assert "$11.00 has arrived." in dollars.text

    sandbox.end_debit(page_id, pays=False)
    await store.shop.stage.settle()
    failed = await browser.open(store.way_back(pay_page))
    assert "Your bank did not pay €7.00. What you wanted is in your cart as long as it can be had." in failed.text
    assert "Slow" in (await browser.open("/cart")).text
