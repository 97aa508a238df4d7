"""Receipts: numbered without gaps, VAT as it was, any letters, the same bytes for the same order."""

from __future__ import annotations

import asyncio

import pytest

from tests.api.market.conftest import OPERATOR, Shop
from tests.api.visitors import visiting
from veza.market.orders import Order

NAMES = ("Кино", "مرحبا", "🎵 emoji", "Ünïcödé & <b>", "日本語", "x" * 300)


async def test_a_receipt_has_its_vat_its_lines_and_what_went_back(taxed_shop: Shop) -> None:
    shop = taxed_shop
    act = await shop.artist()
    buyer = visiting(await shop.person())
    order = await shop.buy(buyer, await act.selling("Blue", 900), await act.selling("Red", 1000))
    assert [line["vat_minor"] for line in order["lines"]] == [144, 160]
    page = (await shop.client.get(f"/api/v1/orders/{order['id']}/receipt.html", headers=buyer)).text
    year = shop.stage.clock.now().year
    for said in (f"Receipt {year}-000001", "Süd &amp; Söhne", "10115 Berlin", "9.00 EUR", "of it VAT 19 %", "3.04 EUR"):
        assert said in page
    assert "Refunded" not in page
    await shop.post(OPERATOR, f"/order-lines/{order['lines'][0]['id']}/refund", {"answer": "sorry"}, expect=202)
    await shop.stage.settle()
    page = (await shop.client.get(f"/api/v1/orders/{order['id']}/receipt.html", headers=buyer)).text
    assert "Refunded: <bdi>Blue</bdi>" in page
    assert "-9.00 EUR" in page


@pytest.mark.parametrize("name", NAMES)
async def test_a_pdf_prints_any_letters_and_is_the_same_bytes_again(shop: Shop, name: str) -> None:
    buyer = visiting(await shop.person())
    order = await shop.buy(buyer, await (await shop.artist(name)).selling(name))
    first = await shop.client.get(f"/api/v1/orders/{order['id']}/receipt.pdf", headers=buyer)
    assert (first.status_code, first.headers["content-type"]) == (200, "application/pdf")
    assert first.content.startswith(b"%PDF-")
    again = await shop.client.get(f"/api/v1/orders/{order['id']}/receipt.pdf", headers=buyer)
    assert first.content == again.content
    page = await shop.client.get(f"/api/v1/orders/{order['id']}/receipt.html", headers=buyer)
    assert name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in page.text


async def test_numbers_have_no_gaps_whoever_pays_at_the_same_instant(any_shop: Shop) -> None:
    shop = any_shop
    product = await (await shop.artist()).selling()
    opened = []
    for _ in range(6):
        buyer = visiting(await shop.person())
        await shop.post(buyer, "/cart/items", {"product_id": product})
        opened += await shop.check_out(buyer)
    for order in opened:
        shop.stage.sandbox.pay_checkout(order["checkout_url"].rpartition("/")[2])
    await asyncio.gather(shop.stage.work(), shop.stage.deliver())
    await shop.stage.settle()
    assert sorted(order.receipt_count for order in await shop.stage.all(Order)) == [1, 2, 3, 4, 5, 6]


async def test_what_was_not_paid_has_no_receipt_and_nobody_reads_anothers(shop: Shop) -> None:
    act = await shop.artist()
    buyer, stranger = visiting(await shop.person()), visiting(await shop.person())
    await shop.post(buyer, "/cart/items", {"product_id": await act.selling("Blue")})
    (order,) = await shop.check_out(buyer)
    await shop.get(buyer, f"/orders/{order['id']}/receipt.html", 404)
    await shop.pay(order)
    for kind in ("html", "pdf"):
        await shop.get(stranger, f"/orders/{order['id']}/receipt.{kind}", 404)
        await shop.get({}, f"/orders/{order['id']}/receipt.{kind}", 401)
        answer = await shop.client.get(f"/api/v1/orders/{order['id']}/receipt.{kind}", headers=OPERATOR)
        assert answer.status_code == 200
