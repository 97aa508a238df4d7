"""Refund requests: what is refused in one sentence and changes nothing, and what a reservation is worth."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.money.acts import DAY, refund_once, refunded_there, reversed_there, sent_there
from tests.pseudo_language import plain
from veza.kit.money import BadAmount
from veza.lab.simulator.stage import Stage
from veza.money import payments
from veza.money.payments import BadPayment, LineDraft, Payment, PaymentLine, UnknownPayment
from veza.money.refunds import NotRefundable, Refund, RefundExceedsPayment


@pytest.mark.parametrize(
    ("amount", "currency", "error", "words"),
    [
        (0, "EUR", BadAmount, "an amount must be above zero, this one is 0.00 EUR"),
        (-1, "EUR", BadAmount, "an amount must be above zero, this one is -0.01 EUR"),
        (1001, "EUR", RefundExceedsPayment, "asked to refund 10.01 EUR, only 10.00 EUR is left"),
        (10**15, "EUR", BadAmount, "an amount may be at most 999999.99 EUR, this one is 10000000000000.00 EUR"),
        (100, "USD", BadAmount, "the payment was made in EUR, it cannot be refunded in USD"),
        (100, "JPY", BadAmount, "the payment was made in EUR, it cannot be refunded in JPY"),
        (100, "XXX", BadAmount, "“XXX” is not a currency code we know; use ISO 4217, such as EUR"),
        (100, "", BadAmount, "“” is not a currency code we know; use ISO 4217, such as EUR"),
    ],
)
async def test_an_amount_that_makes_no_sense_is_refused_and_changes_nothing(
    stage: Stage, amount: int, currency: str, error: type[Exception], words: str
) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    with pytest.raises(error) as refusal:
        await stage.refund(payment_id, amount, currency=currency)
    assert plain(refusal.value) == words
    assert await stage.all(Refund) == []


async def test_what_is_asked_for_is_reserved_at_once(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    await stage.refund(payment_id, 700)
    with pytest.raises(RefundExceedsPayment, match=r"asked to refund 7.00 EUR, only 3.00 EUR is left"):
        await stage.refund(payment_id, 700)
    await stage.refund(payment_id, 300)
    with pytest.raises(RefundExceedsPayment, match=r"only 0.00 EUR is left"):
        await stage.refund(payment_id, 1)
    await stage.settle()
    assert sorted(refunded_there(stage)) == [300, 700]


async def test_what_a_dispute_took_cannot_be_refunded_too(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    stage.sandbox.open_dispute((await stage.payment(payment_id)).stripe_charge_id or "", 600)
    await stage.settle()
    with pytest.raises(RefundExceedsPayment, match=r"only 4.00 EUR is left"):
        await stage.refund(payment_id, 401)


async def test_lines_are_refunded_within_what_they_have(stage: Stage) -> None:
    await stage.seller("ben")
    payment_id = await stage.sold([("anna", 1000), ("ben", 500)])
    anna, ben = await stage.all(PaymentLine)
    for lines, error, words in (
        ({ben.id: 501}, RefundExceedsPayment, "asked to refund 5.01 EUR, only 5.00 EUR is left"),
        ({ben.id: 0}, BadAmount, "an amount must be above zero"),
        ({uuid4(): 5}, NotRefundable, "has no line"),
        ({ben.id: 300, anna.id: 301}, BadAmount, "the lines sum to more than the 6.00 EUR to be refunded"),
    ):
        with pytest.raises(error, match=words):
            await stage.refund(payment_id, 600, lines=lines)
    assert await stage.all(Refund) == []


async def test_a_payment_that_is_not_paid_has_nothing_to_refund(stage: Stage) -> None:
    payment_id = await stage.sell([("anna", 1000)])
    with pytest.raises(NotRefundable, match="is pending: there is nothing to refund"):
        await stage.refund(payment_id, 1)


async def test_an_unknown_payment_is_said_to_be_unknown(stage: Stage) -> None:
    with pytest.raises(UnknownPayment, match="there is no payment"):
        await stage.refund(uuid4(), 1)


@pytest.mark.parametrize(
    ("currency", "gross", "refund", "back"),
    [("JPY", 1000, 333, 299), ("KRW", 50_000, 1, 0), ("KWD", 10_000, 3330, 2990), ("EUR", 1000, 333, 299)],
)
async def test_amounts_are_whole_in_currencies_with_none_two_or_three_decimals(
    stage: Stage, currency: str, gross: int, refund: int, back: int
) -> None:
    payment_id = await stage.sold([("anna", gross)], currency=currency)
    await stage.refund(payment_id, refund, currency=currency)
    await stage.settle()
    assert (sum(reversed_there(stage)), refunded_there(stage)) == (back, [refund])
    await stage.refund(payment_id, gross - refund, currency=currency)
    await stage.settle()
    assert sum(reversed_there(stage)) == sum(sent_there(stage)) == gross * 9 // 10


@pytest.mark.parametrize(("currency", "amount"), [("KWD", 3333), ("ISK", 150), ("UGX", 1)])
async def test_an_amount_its_currency_does_not_allow_is_refused(stage: Stage, currency: str, amount: int) -> None:
    payment_id = await stage.sold([("anna", 100_000)], currency=currency)
    with pytest.raises(BadAmount, match="is not chargeable"):
        await stage.refund(payment_id, amount, currency=currency)
    assert await stage.all(Refund) == []


def line(**changes: Any) -> LineDraft:
    return LineDraft(**{"seller_id": "anna", "product_ref": "song", "gross_minor": 1000, "fee_bps": 1000, **changes})


@pytest.mark.parametrize(
    ("lines", "currency", "error", "words"),
    [
        ([], "EUR", BadPayment, "a payment has 1 to 100 lines, this one has 0"),
        ([line()] * 101, "EUR", BadPayment, "a payment has 1 to 100 lines, this one has 101"),
        ([line(gross_minor=0)], "EUR", BadAmount, "an amount must be above zero, this one is 0.00 EUR"),
        ([line(gross_minor=-5)], "EUR", BadAmount, "an amount must be above zero, this one is -0.05 EUR"),
        ([line(fee_bps=-1)], "EUR", BadPayment, "a fee is 0 to 10000 basis points, line “song” asks for -1"),
        ([line(fee_bps=10_001)], "EUR", BadPayment, "a fee is 0 to 10000 basis points, line “song” asks for 10001"),
        ([line()], "DOGE", BadAmount, "“DOGE” is not a currency code we know; use ISO 4217, such as EUR"),
        ([line(gross_minor=1001)], "KWD", BadAmount, "1.001 KWD is not chargeable: the last digit of KWD must be 0"),
        ([line(gross_minor=99_999_999_999)] * 2, "EUR", BadAmount, "an amount may be at most 999999.99 EUR"),
    ],
    ids=range(9),
)
async def test_a_payment_that_makes_no_sense_is_refused_and_writes_nothing(
    stage: Stage, lines: list[LineDraft], currency: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as refusal:
        async with stage.database.write() as session:
            await payments.create(session, "order-1", currency, lines)
    assert plain(refusal.value).startswith(words)
    assert await stage.all(Payment) == []


async def test_a_line_that_is_all_fee_sends_no_seller_anything(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)], fee_bps=10_000)
    await stage.refund(payment_id, 1000)
    await stage.settle()
    assert (sent_there(stage), reversed_there(stage), refunded_there(stage)) == ([], [], [1000])


async def test_many_refunds_of_one_cent_take_back_exactly_the_share(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 50)], fee_bps=3333)
    for _ in range(50):
        await stage.refund(payment_id, 1)
    for _ in range(3):
        await refund_once(stage)
    await stage.pass_time(DAY)
    assert sum(reversed_there(stage)) == sum(sent_there(stage)) == 34
