"""Pay pages of orders that are given up are closed at the provider; what is paid all the same stays paid."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.money.conftest import Stage
from veza.kit.messages import verbatim
from veza.money import checkout, payment_frame, payments, sales
from veza.money.checkout import CheckoutSession, CheckoutSessionRequest
from veza.money.payments import LineDraft, Payment

CHECKOUT = CheckoutSessionRequest(
    "order-1", "EUR", (LineDraft("anna", "Blue Hours", 1000, 1000),), "http://127.0.0.1/done", "http://127.0.0.1/cart"
)
MINUTE = timedelta(minutes=1)


async def opened(stage: Stage, *, recorded: bool = True) -> tuple[Payment, CheckoutSession]:
    async with stage.database.write("test") as session:
        payment = await checkout.intend(session, CHECKOUT, currencies=["EUR"], request_key="key-1")
    made = await checkout.ask(stage.money.gateway, payment, CHECKOUT)
    if recorded:
        await record(stage, payment, made)
    return payment, made


async def record(stage: Stage, payment: Payment, made: CheckoutSession) -> None:
    async with stage.database.write("test") as session:
        await checkout.record(session, payment.id, made)


async def give_up(stage: Stage, payment: Payment) -> None:
    async with stage.database.write("test") as session:
        await payments.give_up(session, await payments.lock(session, payment.id))


def page(stage: Stage, made: CheckoutSession) -> str:
    return str(stage.sandbox.world.sessions.rows[made.id]["status"])


async def test_the_page_of_a_payment_given_up_is_closed_and_the_payment_over(stage: Stage) -> None:
    payment, made = await opened(stage)
    await give_up(stage, payment)
    await stage.settle()
    assert page(stage, made) == "expired"
    row = await stage.payment(payment.id)
    assert (row.status, row.check_at) == ("expired", None)


async def test_it_is_closed_without_a_webhook_too(stage: Stage) -> None:
    stage.sandbox.add_fault("webhook_lost", event="*", times=None)
    payment, _ = await opened(stage)
    await give_up(stage, payment)
    await stage.settle()
    assert (await stage.payment(payment.id)).status == "expired"


async def test_a_buyer_who_paid_before_the_page_was_closed_has_paid(stage: Stage) -> None:
    stage.sandbox.add_fault("webhook_lost", event="*", times=None)
    payment, made = await opened(stage)
    stage.sandbox.pay_checkout(made.id)
    await give_up(stage, payment)
    await stage.settle()
    row = await stage.payment(payment.id)
    assert (row.status, page(stage, made)) == ("succeeded", "complete")


async def test_a_page_recorded_after_it_was_given_up_is_closed_at_once(stage: Stage) -> None:
    payment, made = await opened(stage, recorded=False)
    await give_up(stage, payment)
    await stage.settle()
    assert page(stage, made) == "open"
    await record(stage, payment, made)
    await stage.settle()
    assert page(stage, made) == "expired"


@pytest.mark.parametrize("fault", ["error_500", "timeout_before_effect", "timeout_after_effect"])
async def test_a_provider_that_cannot_answer_is_asked_again(stage: Stage, fault: str) -> None:
    payment, made = await opened(stage)
    stage.sandbox.add_fault(fault, method="POST", path="/expire", times=1)
    await give_up(stage, payment)
    await stage.settle()
    await stage.pass_time(11 * MINUTE)
    assert (page(stage, made), (await stage.payment(payment.id)).status) == ("expired", "expired")


async def test_giving_up_what_is_paid_or_given_up_changes_nothing(stage: Stage) -> None:
    payment, made = await opened(stage)
    stage.sandbox.pay_checkout(made.id)
    await stage.settle()
    await give_up(stage, payment)
    assert (await stage.payment(payment.id)).unwanted_at is None


async def test_a_page_recorded_after_it_was_paid_keeps_no_seller_waiting_for_their_money(stage: Stage) -> None:
    payment, made = await opened(stage, recorded=False)
    charge = stage.sandbox.pay_checkout(made.id)
    async with stage.database.write("test") as session:
        row = await payment_frame.lock(session, payment.id)
        await sales.charge_seen(
            session, row, {**charge, "balance_transaction": None}, because=verbatim("seen by the test")
        )
    due = (await stage.payment(payment.id)).check_at
    await record(stage, payment, made)
    row = await stage.payment(payment.id)
    assert (row.stripe_checkout_session_id, row.check_at) == (made.id, due)
