"""Receipts: numbered without gaps, VAT as it was, any letters, the same bytes for the same order."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from tests.api.market.conftest import OPERATOR, Shop, anonymous
from tests.api.visitors import visiting
from veza.api.market.receipt_letters import written as in_latin
from veza.catalog.releases import Release
from veza.kit.messages import verbatim
from veza.market.orders import Order, OrderLine
from veza.money import payment_frame, refunding

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
    await shop.post(f"/order-lines/{order['lines'][0]['id']}/refund", {"answer": "sorry"}, by=OPERATOR, expect=202)
    await shop.stage.settle()
    page = (await shop.client.get(f"/api/v1/orders/{order['id']}/receipt.html", headers=buyer)).text
    assert "Refunded: <bdi>Blue</bdi>" in page
    assert "-9.00 EUR" in page
    for label, amount in (
        ("of it VAT 19 %", "-1.44 EUR"),
        ("Left after refunds", "10.00 EUR"),
        ("of it VAT 19 %", "1.60 EUR"),
    ):
        assert f'{label}</th><td class="amount">{amount}</td>' in page


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


async def test_numbers_have_no_gaps_when_buyers_pay_at_the_same_instant(any_shop: Shop) -> None:
    shop = any_shop
    product = await (await shop.artist()).selling()
    opened = []
    for _ in range(6):
        buyer = visiting(await shop.person())
        await shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200)
        opened += await shop.check_out(buyer)
    for order in opened:
        shop.stage.sandbox.pay_checkout(order["checkout_url"].rpartition("/")[2])
    await asyncio.gather(shop.stage.work(), shop.stage.deliver())
    await shop.stage.settle()
    assert sorted(order.receipt_count for order in await shop.stage.all(Order)) == [1, 2, 3, 4, 5, 6]


async def test_what_was_not_paid_has_no_receipt_and_no_buyer_reads_anothers(shop: Shop) -> None:
    act = await shop.artist()
    buyer, stranger = visiting(await shop.person()), visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": await act.selling("Blue")}, by=buyer, expect=200)
    (order,) = await shop.check_out(buyer)
    await shop.get(f"/orders/{order['id']}/receipt.html", 404, by=buyer)
    await shop.pay(order)
    for kind in ("html", "pdf"):
        await shop.get(f"/orders/{order['id']}/receipt.{kind}", 404, by=stranger)
        await shop.get(f"/orders/{order['id']}/receipt.{kind}", 401, by={})
        answer = await shop.client.get(f"/api/v1/orders/{order['id']}/receipt.{kind}", headers=OPERATOR)
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("currency", "prices", "back"),
    [
        ("EUR", (999, 1001, 77), (500, 1001, 0)),
        ("JPY", (333, 1000, 101), (1, 1000, 50)),
        ("KWD", (12340, 9990, 10010), (10, 0, 10010)),
    ],
)
async def test_the_vat_of_a_receipt_adds_up_to_the_last_minor_unit_after_every_refund(
    taxed_shop: Shop, currency: str, prices: tuple[int, ...], back: tuple[int, ...]
) -> None:
    shop = taxed_shop
    act = await shop.artist()
    sold = [await act.product(await act.release(f"T{i}"), price, currency=currency) for i, price in enumerate(prices)]
    buyer = visiting(await shop.person())
    order = await shop.buy(buyer, *sold)
    before = await _amounts(shop, buyer, order["id"])
    assert before["Total"] == [sum(prices)]
    assert before["of it VAT 19 %"] == [sum(line["vat_minor"] for line in order["lines"])]
    await _refund_order(shop, order["id"], back)
    after = await _amounts(shop, buyer, order["id"])
    refunded = [minor for name, found in after.items() if name.startswith("Refunded") for minor in found]
    assert refunded == [-minor for minor in back if minor]
    assert after["Left after refunds"] == [sum(prices) - sum(back)]
    whole, *of_refunds, left = after["of it VAT 19 %"]
    assert whole == before["of it VAT 19 %"][0]
    assert whole + sum(of_refunds) == left
    # Each refund's VAT is what the rate says of it, to within the rounding of two prices.
    for minor, vat in zip(refunded, of_refunds, strict=True):
        assert abs(vat - minor * 19 / 119) <= 1
    wholly = [
        -line["vat_minor"] for line, minor in zip(order["lines"], back, strict=True) if minor == line["gross_minor"]
    ]
    assert set(wholly) <= set(of_refunds)


async def _refund_order(shop: Shop, order_id: str, back: tuple[int, ...]) -> None:
    lines = sorted(await shop.stage.all(OrderLine, order_id=UUID(order_id)), key=lambda line: line.position)
    (order,) = await shop.stage.all(Order, id=UUID(order_id))
    async with shop.stage.database.write() as session:
        frame = await payment_frame.lock(session, order.payment_id)
        amounts = [(line.payment_line_id, minor) for line, minor in zip(lines, back, strict=True) if minor]
        currency = frame.payment.currency
        await refunding.request(session, frame, sum(back), currency, reason=verbatim("a part"), line_amounts=amounts)
    await shop.stage.settle()


async def _amounts(shop: Shop, who: dict[str, str], order_id: str) -> dict[str, list[int]]:
    """The rows under the lines of a receipt: label → minor units, in their order."""
    page = (await shop.client.get(f"/api/v1/orders/{order_id}/receipt.html", headers=who)).text
    found: dict[str, list[int]] = {}
    for label, amount in re.findall(
        r'<th scope="row" colspan="2">(.*?)</th><td class="amount">(-?[\d.,]+) [A-Z]{3}</td>', page
    ):
        found.setdefault(re.sub(r"<.*?>", "", label), []).append(int(re.sub(r"[.,]", "", amount)))
    return found


@pytest.mark.parametrize("kind", ["html", "pdf"])
async def test_who_has_no_account_reads_the_receipt_by_the_cart_or_the_mailed_link(any_shop: Shop, kind: str) -> None:
    shop = any_shop
    order = await shop.buy(anonymous(), await (await shop.artist()).selling("Blue"), email="eve@example.org")
    (mail,) = [text for to, _, text in shop.mails if to == "eve@example.org"]
    token = mail.partition("/claim?token=")[2].split()[0]
    path = f"/cart/orders/{order['id']}/receipt.{kind}"
    shop.client.cookies.clear()

    async def read(who: dict[str, str], **params: str) -> Any:
        return await shop.client.get(f"/api/v1{path}", headers=who, params=params)

    by_cart, by_link = await read(anonymous()), await read({}, token=token)
    assert (by_cart.status_code, by_link.status_code) == (200, 200)
    assert by_cart.content == by_link.content
    if kind == "html":
        assert "eve@example.org" in by_cart.text
        assert by_link.headers["referrer-policy"] == "no-referrer"
    assert by_link.headers["cache-control"] == "private, no-store"
    assert (await read({})).status_code == 400
    assert (await read({}, token="x" * 40)).status_code == 404
    assert (await read(anonymous("another-cart-token-of-another-browser-0002"))).status_code == 404
    assert (await read(visiting(await shop.person()))).status_code == 404
    other = await shop.buy(
        anonymous("another-cart-token-of-another-browser-0002"),
        await (await shop.artist()).selling(),
        email="mia@example.org",
    )
    assert (
        await shop.client.get(f"/api/v1/cart/orders/{other['id']}/receipt.{kind}", params={"token": token})
    ).status_code == 404
    eve = visiting(await shop.person("eve@example.org"))
    await shop.post("/orders/claim", {"token": token}, by=eve, expect=200)
    for answer in (await read(anonymous()), await read({}, token=token)):
        assert answer.status_code == 404
    assert (await shop.client.get(f"/api/v1/orders/{order['id']}/receipt.{kind}", headers=eve)).status_code == 200


async def test_a_receipt_has_the_licence_its_sample_pack_was_sold_under(shop: Shop) -> None:
    act = await shop.artist()
    release = await act.release("Gulls", kind="sample_pack", licence="Royalty free.\nNo <resale>.")
    buyer = visiting(await shop.person())
    order = await shop.buy(buyer, await act.product(release), await act.selling("Blue"))
    async with shop.stage.database.write() as session:
        await session.execute(update(Release).where(Release.id == release).values(licence="Pay again."))
    page = (await shop.client.get(f"/api/v1/orders/{order['id']}/receipt.html", headers=buyer)).text
    assert page.count("Licence of") == 1
    assert "Royalty free.\nNo &lt;resale&gt;." in page
    assert "Pay again" not in page
    pdf = await shop.client.get(f"/api/v1/orders/{order['id']}/receipt.pdf", headers=buyer)
    assert pdf.status_code == 200


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Süd – “Кино”", 'Süd - "Kino"'),
        ("אבא ראשון", "b rshvn"),
        ("e\u0301clair\u200d", "éclair"),
        ("👩‍👩‍👧‍👦 Party 👍🏽", "? Party ?"),
        ("א", "?"),
        ("𒀀", "?"),
        ("", ""),
    ],
)
def test_a_pdf_prints_what_it_has_no_letter_for_once_and_leaves_out_what_is_silent(written: str, printed: str) -> None:
    assert in_latin(written) == printed


@pytest.mark.parametrize("sign", ["爫", "W", "﷽"])
async def test_the_longest_names_fit_on_a_page(shop: Shop, sign: str) -> None:
    buyer = visiting(await shop.person())
    order = await shop.buy(buyer, await (await shop.artist(sign * 200)).selling(sign * 200))
    await _refund_order(shop, order["id"], (1000,))
    answer = await shop.client.get(f"/api/v1/orders/{order['id']}/receipt.pdf", headers=buyer)
    assert answer.status_code == 200, answer.text
