"""The cart's page: one payment for each currency, who gets what, and what changed since it was put in."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update

from tests.web.pages.conftest import Store
from veza.market.cart import CartItem
from veza.market.products import Product


async def test_each_currency_is_a_payment_that_says_who_gets_what(any_store: Store) -> None:
    store = any_store
    anna, ben = await store.shop.artist("Anna <b>"), await store.shop.artist("Ben", fee_bps=500)
    _, browser = await store.reader()
    await store.put_in(browser, await anna.selling("Blue & Hours", 700))
    await store.put_in(browser, await ben.selling("Stile", 800))
    cart = await store.put_in(browser, await ben.selling("Heures", 1100, currency="USD"))
    assert "3 things, 2 currencies" in cart.text
    assert "In euros €15.00" in cart.text
    assert "In US dollars $11.00" in cart.text
    assert "First, €15.00" in cart.text
    # 10 % of 7.00, 5 % of 8.00: 6.30 and 7.60, and 1.10 stays here.
    for share in ("Anna &lt;b&gt; €6.30", "Ben €7.60", "keeps Veza going €1.10", "Ben $10.45", "Veza going $0.55"):
        assert share in cart.text
    assert "Blue &amp; Hours" in cart.text
    assert cart.form("/checkout").fields["currency"] == "EUR"
    other = await browser.open("/cart?first=USD")
    assert "First, $11.00" in other.text
    assert other.form("/checkout").fields["currency"] == "USD"


async def test_an_empty_cart_leads_on(store: Store) -> None:
    page = await store.browser().open("/cart")
    assert page.status == 200
    assert "Nothing is in your cart" in page.text
    assert "/" in page.links


async def test_what_is_taken_out_can_be_put_back_with_the_price_that_was_named(store: Store) -> None:
    anna = await store.shop.artist()
    named = await anna.product(await anna.release("Stile"), 600, pricing="minimum")
    _, browser = await store.reader()
    await store.put_in(browser, named, amount="8")
    cart = await browser.send(await browser.open("/cart"), f"/cart/{named}/remove")
    assert "Nothing is in your cart" in cart.text
    assert cart.toast == "“Stile” is out of your cart. Put it back"
    back = await browser.send(cart, f"/cart/{named}")
    assert "€8.00" in back.text
    assert "Put it back" not in (await browser.open(f"/cart?undo={named}")).html


async def test_a_named_price_is_changed_and_a_wrong_one_is_shown_again_beside_its_line(store: Store) -> None:
    anna = await store.shop.artist()
    named = await anna.product(await anna.release("Stile"), 600, pricing="minimum")
    _, browser = await store.reader()
    cart = await store.put_in(browser, named, amount="8")
    action = f"/cart/{named}/price"
    assert cart.form(action).fields["amount"] == "8.00"
    for wrong, said in (("5.99", "at least 6.00 EUR"), ("a lot", "is not an amount")):
        again = await browser.send(cart, action, amount=wrong)
        assert (again.status, said in again.text, again.form(action).fields["amount"]) == (422, True, wrong)
        assert again.html.count('role="alert"') == 1
    changed = await browser.send(cart, action, amount="9,50")
    assert changed.toast == "You pay 9.50 EUR for “Stile”."
    assert "In euros €9.50" in changed.text


async def test_a_new_price_is_told_and_paying_the_page_that_told_it_says_yes(store: Store) -> None:
    anna = await store.shop.artist()
    product = await anna.selling("Blue Hours", 700)
    _, browser = await store.reader()
    before = await store.put_in(browser, product)
    async with store.shop.stage.database.write() as session:
        await session.execute(update(Product).values(price_minor=900))
    refused = await browser.send(before, "/checkout", consent="yes")
    assert refused.status == 409
    assert "“Blue Hours” was 7.00 EUR and is 9.00 EUR now" in refused.text
    async with store.shop.stage.database.write() as session:
        await session.execute(update(CartItem).values(price_minor=700, amount_minor=700))
    told = await browser.open("/cart")
    assert "it was €7.00, the price changed" in told.text
    assert "Pay €9.00" in told.text
    done = await browser.open(await store.pay(await store.check_out(browser, told)))
    assert "€9.00 has arrived." in done.text


async def test_what_is_gone_stands_apart_and_leaves_when_the_rest_is_paid(store: Store) -> None:
    anna = await store.shop.artist()
    kept, release = await anna.selling("Stays", 700), await anna.release("Goes")
    gone = await anna.product(release, 500)
    _, browser = await store.reader()
    await store.put_in(browser, kept)
    await store.put_in(browser, gone)
    await store.shop.status(release, "withdrawn")
    cart = await browser.open("/cart")
    assert "Not to be had any more Goes" in cart.text
    assert "“Goes” by Anna Berg is not published now." in cart.text
    assert "Pay €7.00" in cart.text
    done = await browser.open(await store.pay(await store.check_out(browser, cart)))
    assert "€7.00 has arrived." in done.text
    assert "Nothing is in your cart" in (await browser.open("/cart")).text
    assert UUID(gone)


async def test_a_cart_of_gone_things_alone_offers_no_payment(store: Store) -> None:
    anna = await store.shop.artist()
    release = await anna.release("Goes")
    product = await anna.product(release, 500)
    _, browser = await store.reader()
    await store.put_in(browser, product)
    await store.shop.status(release, "withdrawn")
    cart = await browser.open("/cart")
    assert "All of it is gone" in cart.text
    assert [one.action for one in cart.forms if one.action == "/checkout"] == []
    assert "Nothing is in your cart" in (await browser.send(cart, f"/cart/{product}/remove")).text


async def test_a_visitors_cart_comes_along_when_they_sign_in(any_store: Store) -> None:
    store = any_store
    anna, person = await store.shop.artist(), await store.shop.person()
    browser = store.browser()
    cart = await store.put_in(browser, await anna.selling("Blue Hours", 700))
    assert "email" in cart.form("/checkout").fields
    browser.who |= store.browser(person).who
    mine = await browser.open("/cart")
    assert "Blue Hours" in mine.text
    assert "email" not in mine.form("/checkout").fields
    assert "Blue Hours" in (await store.browser(person).open("/cart")).text


async def test_another_sites_form_puts_nothing_in_the_cart(store: Store) -> None:
    product = await (await store.shop.artist()).selling()
    _, browser = await store.reader()
    headers = {**browser.who, "Origin": "https://evil.test"}
    answer = await browser.client.post(f"/cart/{product}", data={"then": "cart"}, headers=headers)
    assert answer.status_code == 403
    assert "Nothing is in your cart" in (await browser.open("/cart")).text
