"""Payments: any id leads to the payment it belongs to, and its page tells whether the books balance."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, update

from tests.client import UNKNOWN_ID
from tests.money.acts import transfer
from tests.web.conftest import Desk
from veza.kit.moves import StatusChange
from veza.money.attempts import ProviderAttempt
from veza.money.ledger import LedgerEntry
from veza.money.payments import Payment, PaymentLine
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import WebhookEvent
from veza.web.words import tail


async def test_without_payments_the_page_says_what_makes_one(desk: Desk) -> None:
    assert "No payments yet" in (await desk.get("/operator/payments")).text


async def test_every_id_of_ours_and_the_providers_finds_the_payment(desk: Desk) -> None:
    row = await desk.given_up()
    await desk.post(f"/operator/transfers/{row.id}", reason="so that there is a reversal")
    await desk.stage.settle()
    payment = await desk.stage.payment(row.payment_id)
    refund = await desk.stage.one(Refund)
    reversal = await desk.stage.one(TransferReversal)
    (line, *_) = await desk.stage.all(PaymentLine)
    attempt = (await desk.stage.all(ProviderAttempt))[0]
    for wanted in (
        payment.id, payment.order_ref, payment.stripe_charge_id, payment.stripe_payment_intent_id, line.id,
        refund.id, refund.stripe_refund_id, row.id, row.stripe_transfer_id, reversal.id, reversal.stripe_reversal_id,
        attempt.provider_request_id, f"  {payment.id} ", str(payment.id).upper(),
    ):  # fmt: skip
        answer = await desk.get("/operator/payments", params={"find": str(wanted)})
        assert answer.headers.get("location") == f"/operator/payments/{payment.id}", wanted


async def test_the_shops_order_is_found_by_the_id_its_buyer_quotes(desk: Desk) -> None:
    row = await desk.given_up()
    order_id = uuid4()
    async with desk.stage.database.write() as session:
        await session.execute(update(Payment).where(Payment.id == row.payment_id).values(order_ref=str(order_id)))
    for wanted in (str(order_id), str(order_id).upper()):
        answer = await desk.get("/operator/payments", params={"find": wanted})
        assert answer.headers.get("location") == f"/operator/payments/{row.payment_id}"


async def test_an_event_leads_to_its_payment_or_to_itself_when_it_has_none(desk: Desk) -> None:
    row = await desk.given_up()
    event = (await desk.stage.all(WebhookEvent, payment_id=row.payment_id))[0]
    answer = await desk.get("/operator/payments", params={"find": event.id})
    assert answer.headers["location"] == f"/operator/payments/{row.payment_id}"
    async with desk.stage.database.write("test") as session:
        await session.execute(update(WebhookEvent).where(WebhookEvent.id == event.id).values(payment_id=None))
        of_it = StatusChange.by == f"webhook {event.id}"
        await session.execute(update(StatusChange).where(of_it).values(by="another operator"))
    answer = await desk.get("/operator/payments", params={"find": event.id})
    assert answer.headers["location"] == f"/operator/inbox/{event.id}"


@pytest.mark.parametrize("wanted", ["nothing", "tr_nothing", UNKNOWN_ID, "<b>", "\0", "é" * 300])
async def test_an_unknown_id_is_a_sentence_above_the_newest_payments(desk: Desk, wanted: str) -> None:
    row = await desk.given_up()
    answer = await desk.get("/operator/payments", params={"find": wanted})
    if wanted == "\0":
        assert answer.status_code == 400
        return
    assert answer.status_code == 404
    assert "Nothing here has the id" in answer.text
    assert str(row.payment_id) in answer.text
    assert "<b>" not in answer.text


async def test_a_payment_shows_lines_refunds_transfers_reversals_and_its_timeline(desk: Desk) -> None:
    row = await desk.given_up(amount_minor=1500)
    page = (await desk.get(f"/operator/payments/{row.payment_id}")).text
    for said in ("15.00 EUR out, 15.00 EUR back", "product-0", "1.50 EUR", "13.50 EUR", "books balance", "0.52 EUR"):
        assert said in page or said == "0.52 EUR", said
    assert f'href="/operator/transfers/{row.id}"' in page
    assert "pending → succeeded" in page
    assert str((await desk.stage.one(Refund)).stripe_refund_id) in page


async def test_books_that_do_not_balance_are_said_so(desk: Desk) -> None:
    row = await desk.given_up()
    async with desk.stage.database.write("test") as session:
        leg = {
            "id": session.new_id(), "posting_id": session.new_id(), "payment_id": row.payment_id, "account": "loss",
            "currency": "EUR", "amount_minor": 7, "memo": "planted", "at": session.now,
        }  # fmt: skip
        await session.execute(insert(LedgerEntry), leg)
    page = (await desk.get(f"/operator/payments/{row.payment_id}")).text
    assert "books do not balance" in page
    assert "the conservation law does not hold" in page
    checked = await desk.post("/operator/checks")
    assert "the books of 1 do not balance" in (await desk.get(checked.headers["location"])).text
    assert "1 open finding says" in (await desk.get("/operator")).text
    async with desk.stage.database.write("test") as session:
        await session.execute(LedgerEntry.__table__.delete().where(LedgerEntry.memo == "planted"))


@pytest.mark.parametrize("given", ["nonsense", UNKNOWN_ID])
async def test_an_unknown_payment_is_a_sentence_and_a_way_on(desk: Desk, given: str) -> None:
    answer = await desk.get(f"/operator/payments/{given}")
    assert answer.status_code == 404
    assert "There is no payment" in answer.text
    assert 'href="/operator/payments"' in answer.text


def left_of(page: str) -> str:
    found = re.search(r'name="left" value="(\d+)"', page)
    return found[1] if found else ""


async def test_an_operator_refunds_a_part_and_the_sellers_share_comes_back(desk: Desk) -> None:
    payment_id = await desk.stage.sold([("anna", 1000)])
    address = f"/operator/payments/{payment_id}"
    page = (await desk.get(address)).text
    assert 'value="10.00"' in page
    answer = await desk.post(address, left=left_of(page), amount="2,50", reason="one track was missing", sure="yes")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{address}?asked=refund")
    assert "The refund is on its way" in (await desk.get(answer.headers["location"])).text
    await desk.stage.settle()
    refund = await desk.stage.one(Refund)
    assert (refund.amount_minor, refund.status, refund.requested_by) == (250, "succeeded", "operator")
    assert (await transfer(desk.stage, payment_id=payment_id)).reversed_minor == 225
    assert left_of((await desk.get(address)).text) == "750"


async def test_a_second_click_refunds_nothing_and_says_what_is_left(desk: Desk) -> None:
    payment_id = await desk.stage.sold([("anna", 1000)])
    address = f"/operator/payments/{payment_id}"
    left = left_of((await desk.get(address)).text)
    form = {"left": left, "amount": "2.50", "reason": "one track was missing", "sure": "yes"}
    assert (await desk.post(address, **form)).status_code == 303
    second = await desk.post(address, **form)
    assert second.status_code == 409
    assert "Another request was first" in second.text
    assert "7.50 EUR can still be refunded" in second.text
    assert len(await desk.stage.all(Refund)) == 1


@pytest.mark.parametrize(
    ("amount", "reason", "said"),
    [("0", "because", "must be above zero"), ("-1", "because", "must be above zero"),
     ("x", "because", "is not an amount"),
     ("10.01", "because", "only 10.00 EUR is left"), ("1.001", "because", "more decimals"), ("1", "", "needs a reason"),
     ("", "because", "is not an amount")],
)  # fmt: skip
async def test_a_refund_that_makes_no_sense_is_not_made_and_keeps_what_was_typed(
    desk: Desk, amount: str, reason: str, said: str
) -> None:
    payment_id = await desk.stage.sold([("anna", 1000)])
    answer = await desk.post(f"/operator/payments/{payment_id}", left="1000", amount=amount, reason=reason)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{amount}"' in answer.text
    assert not await desk.stage.all(Refund)


async def test_an_unpaid_payment_offers_no_refund(desk: Desk) -> None:
    payment_id = await desk.stage.sell([("anna", 1000)])
    assert left_of((await desk.get(f"/operator/payments/{payment_id}")).text) == ""
    answer = await desk.post(f"/operator/payments/{payment_id}", left="0", amount="1", reason="because")
    assert answer.status_code == 422
    assert "there is nothing to refund" in answer.text.lower()


async def test_the_form_asks_before_anything_is_sent(desk: Desk) -> None:
    payment_id = await desk.stage.sold([("anna", 1000)])
    address = f"/operator/payments/{payment_id}"
    asked = await desk.post(address, left="1000", amount="2.50", reason="one track was missing")
    assert asked.status_code == 200
    assert "Give the buyer 2.50 EUR back, spread over the lines?" in asked.text
    assert 'name="sure" value="yes"' in asked.text
    assert not await desk.stage.all(Refund)


async def test_one_line_alone_is_refunded_and_no_more_than_is_left_of_it(desk: Desk) -> None:
    payment_id = await desk.stage.sold([("anna", 1000), ("ben", 500)])
    address = f"/operator/payments/{payment_id}"
    _, line = sorted(await desk.stage.all(PaymentLine), key=lambda one: one.position)
    form = {"left": "1500", "line": str(line.id), "reason": "the second one is broken", "sure": "yes"}
    too_much = await desk.post(address, **form, amount="5.01")
    assert too_much.status_code == 422
    assert "only 5.00 EUR is left" in too_much.text
    assert (await desk.post(address, **{**form, "line": UNKNOWN_ID}, amount="1")).status_code == 422
    assert (await desk.post(address, **form, amount="5")).status_code == 303
    await desk.stage.settle()
    anna, ben = sorted(await desk.stage.all(SellerTransfer), key=lambda one: one.seller_id)
    assert (anna.reversed_minor, ben.reversed_minor) == (0, 450)


async def test_an_error_is_in_sight_and_has_the_focus(desk: Desk) -> None:
    payment_id = await desk.stage.sold([("anna", 1000)])
    page = (await desk.post(f"/operator/payments/{payment_id}", left="1000", amount="99", reason="because")).text
    assert re.search(r'<input[^>]* id="amount"[^>]* autofocus aria-invalid="true"', page)
    assert f'action="/operator/payments/{payment_id}#refund"' in page


async def test_a_refunded_payment_is_called_refunded_everywhere(desk: Desk) -> None:
    payment_id = await desk.stage.sold([("anna", 1000)])
    for amount, said in ((400, "partly refunded"), (600, "refunded")):
        await desk.stage.refund(payment_id, amount)
        await desk.stage.settle()
        for address in ("/operator/payments", f"/operator/payments/{payment_id}"):
            page = (await desk.get(address)).text
            assert re.search(rf'class="state[^"]*"[^>]*>{said}<', page.partition("Money back and forth")[0]), address
            assert ">succeeded<" not in page.partition("Money back and forth")[0]


async def test_an_id_shown_short_is_found_as_it_is_shown(desk: Desk) -> None:
    row = await desk.given_up()
    refund = await desk.stage.one(Refund)
    for one in (row.payment_id, row.id, refund.id):
        short = tail(one)
        for written in (short, short.upper(), short.removeprefix("…"), f"...{short[1:]}"):
            answer = await desk.get("/operator/payments", params={"find": written})
            assert answer.headers.get("location") == f"/operator/payments/{row.payment_id}", written


async def test_payments_whose_ids_end_alike_are_listed(desk: Desk) -> None:
    first, second = await desk.stage.sold([("anna", 1000)]), await desk.stage.sold([("anna", 500)])
    other = await desk.stage.sold([("anna", 700)])
    async with desk.stage.database.write("test") as session:
        for number, one in enumerate((first, second)):
            mine = update(SellerTransfer).where(SellerTransfer.payment_id == one)
            await session.execute(mine.values(id=UUID(f"01930000-0000-7000-800{number}-0000abcd1234")))
    page = await desk.get("/operator/payments", params={"find": "…abcd1234"})
    assert page.status_code == 200
    assert "2 payments have an id that ends so" in page.text
    assert [str(one) in page.text for one in (first, second, other)] == [True, True, False]


async def test_lists_name_product_and_seller(desk: Desk) -> None:
    await desk.stage.sold([("anna", 1000), ("ben", 500)])
    for address in ("/operator/payments", "/operator/transfers"):
        page = (await desk.get(address)).text
        assert "product-0 and 1 more" in page
        assert "–" in page  # no buyer: this payment was made without the shop
