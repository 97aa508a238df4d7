"""A bank debit pays or fails days after the buyer left the page: the payment ends either way, lost events or not."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from tests.money.acts import DAY, findings, history, sent_there
from tests.money.conftest import OpenStage
from tests.money.test_unwanted_payments import give_up, opened, page
from veza.lab.sandbox.delayed import DEBITS
from veza.lab.sandbox.webhooks import sign_payload
from veza.lab.simulator.stage import SECRET, Stage

PAYS, FAILS, PAYS_SOON, FAILS_SOON = (debit.iban for debit in DEBITS)


async def test_a_debit_that_pays_ends_succeeded_and_its_seller_is_paid(stage: Stage) -> None:
    payment, made = await opened(stage)
    stage.sandbox.pay_checkout(made.id, card=PAYS)
    await stage.settle()
    under_way = await stage.payment(payment.id)
    assert (under_way.status, under_way.checkout_url, sent_there(stage)) == ("processing", None, [])
    await stage.pass_time(5 * DAY)
    assert await history(stage, payment.id) == ["pending", "processing", "succeeded"]
    assert sent_there(stage) == [900]


async def test_a_debit_that_fails_ends_failed_and_nothing_is_looked_at_any_more(stage: Stage) -> None:
    payment, made = await opened(stage)
    stage.sandbox.pay_checkout(made.id, card=FAILS)
    await stage.settle()
    await stage.pass_time(5 * DAY)
    row = await stage.payment(payment.id)
    assert await history(stage, payment.id) == ["pending", "processing", "failed"]
    assert (row.check_at, row.checkout_url, sent_there(stage), await findings(stage)) == (None, None, [], [])


@pytest.mark.parametrize(("iban", "ends"), [(PAYS, "succeeded"), (FAILS, "failed")])
async def test_it_ends_when_every_webhook_is_lost(stage: Stage, iban: str, ends: str) -> None:
    stage.sandbox.add_fault("webhook_lost", event="*", times=None)
    payment, made = await opened(stage)
    stage.sandbox.pay_checkout(made.id, card=iban)
    for _ in range(8):
        await stage.pass_time(DAY)
    assert (await stage.payment(payment.id)).status == ends


@pytest.mark.parametrize(("iban", "ends"), [(PAYS_SOON, "succeeded"), (FAILS_SOON, "failed")])
async def test_it_ends_the_same_in_every_order_of_its_events(open_stage: OpenStage, iban: str, ends: str) -> None:
    async def one_order(order: tuple[int, ...] | None) -> int:
        stage = await open_stage()
        await stage.seller("anna")
        payment, made = await opened(stage)
        await stage.settle()
        stage.sandbox.pay_checkout(made.id, card=iban)
        stage.clock.advance(timedelta(minutes=3))
        due = stage.sandbox.due_deliveries()
        stamp = int(stage.clock.now().timestamp())
        for i in order or range(len(due)):
            await stage.money.inbox.receive(due[i].payload, sign_payload(SECRET, due[i].payload, stamp))
        await stage.settle()
        await stage.pass_time(DAY)
        assert (await stage.payment(payment.id)).status == ends, order
        assert sent_there(stage) == ([900] if ends == "succeeded" else [])
        return len(due)

    count = await one_order(None)
    assert count >= 6
    orders = list(itertools.permutations(range(count)))
    for order in orders[:: len(orders) // 25]:
        await one_order(order)


async def test_a_card_declined_before_the_debit_is_told_late_and_fails_nothing(stage: Stage) -> None:
    payment, made = await opened(stage)
    stage.sandbox.add_fault("webhook_late", event="payment_intent.payment_failed", delay_seconds=2 * 86_400)
    with pytest.raises(Exception, match="declined"):
        stage.sandbox.pay_checkout(made.id, card="4000000000000002")
    stage.sandbox.pay_checkout(made.id, card=PAYS)
    await stage.settle()
    await stage.pass_time(2 * DAY)
    assert (await stage.payment(payment.id)).status == "processing"
    await stage.pass_time(3 * DAY)
    assert (await stage.payment(payment.id)).status == "succeeded"


async def test_what_is_under_way_cannot_be_closed_and_stays_under_way(stage: Stage) -> None:
    payment, made = await opened(stage)
    stage.sandbox.pay_checkout(made.id, card=PAYS)
    await stage.settle()
    await give_up(stage, payment)
    await stage.settle()
    assert (page(stage, made), (await stage.payment(payment.id)).status) == ("complete", "processing")
