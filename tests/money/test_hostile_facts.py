"""Facts heard in any order, in any currency, or about nothing the provider knows: each scene broke the books once."""

from __future__ import annotations

import pytest

from tests.money.acts import DAY, HOUR, findings, reversal, set_columns, transfer
from tests.money.conftest import OpenStage
from tests.money.test_hostile import with_seller
from veza.lab.sandbox.settings import SandboxSettings
from veza.lab.simulator.stage import Stage
from veza.money import checkout
from veza.money.checkout import CheckoutSessionRequest
from veza.money.disputes import Dispute
from veza.money.ledger import Account, balances
from veza.money.payments import LineDraft, Payment
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import WebhookEvent

CHECKOUT = CheckoutSessionRequest(
    "order-1", "EUR", (LineDraft("anna", "song", 1000, 1000),), "http://shop.test/done", "http://shop.test/cart"
)


# --- the order of events


async def test_an_inquiry_opened_after_it_was_closed_stays_closed(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    charge = str((await stage.payment(payment_id)).stripe_charge_id)
    dispute = stage.sandbox.open_dispute(charge, inquiry=True)
    stage.sandbox.close_dispute(dispute["id"], "won")
    stage.sandbox.reverse_waiting_deliveries()
    await stage.settle()
    row = await stage.one(Dispute)
    assert (row.status, row.provider_status) == ("closed", "warning_closed")
    assert {event.state for event in await stage.all(WebhookEvent)} <= {"handled", "ignored"}


@pytest.mark.parametrize("refund_first", [True, False])
async def test_a_dispute_won_leaves_a_refund_on_the_sellers_in_every_order_of_their_events(
    stage: Stage, refund_first: bool
) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    charge = str((await stage.payment(payment_id)).stripe_charge_id)
    stage.sandbox.refund_in_dashboard(charge, 500)
    dispute = stage.sandbox.open_dispute(charge, 1000)
    if not refund_first:
        stage.sandbox.reverse_waiting_deliveries()
    await stage.settle()
    stage.sandbox.close_dispute(dispute["id"], "won")
    stage.sandbox.add_balance(None, 5000, "eur")
    await stage.pass_time(DAY)
    assert await with_seller(stage) == 450
    async with stage.database.read() as session:
        assert (await balances(session, payment_id))[Account.LOSS] == 0


async def test_a_refund_that_fails_gives_nothing_back_while_a_dispute_holds_the_same_money(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    charge = str((await stage.payment(payment_id)).stripe_charge_id)
    refund = stage.sandbox.refund_in_dashboard(charge, 1000)
    await stage.settle()
    stage.sandbox.open_dispute(charge, 1000)
    await stage.settle()
    assert "platform_loss" in await findings(stage)
    stage.sandbox.fail_refund(refund["id"])
    await stage.settle()
    assert await with_seller(stage) == 0
    assert len(await stage.all(SellerTransfer)) == 1
    assert "platform_loss" not in await findings(stage)


# --- currencies


@pytest.mark.parametrize(("currency", "gross", "back"), [("KWD", 12340, 5670), ("ISK", 98700, 12300)])
async def test_shares_and_reversals_are_amounts_the_currency_allows(
    stage: Stage, currency: str, gross: int, back: int
) -> None:
    payment_id = await stage.sold([("anna", gross), ("anna", gross + 100)], currency=currency, fee_bps=1234)
    assert (await transfer(stage)).status == "completed"
    await stage.refund(payment_id, back, currency=currency)
    await stage.settle()
    assert (await transfer(stage)).status == "completed"
    assert (await reversal(stage)).status == "succeeded"


@pytest.mark.parametrize("rate", [0.5, 150.0])
async def test_a_dispute_of_a_held_payment_counts_in_the_currency_of_the_payment(
    open_stage: OpenStage, rate: float
) -> None:
    settings = SandboxSettings(
        rate_limit_per_second=None,
        asynchronous_capture_seconds=None,
        settlement_currency="usd",
        exchange_rates={"eur": rate},
    )
    stage = await open_stage(settings=settings)
    await stage.seller("anna")
    payment_id = await stage.sold([("anna", 1000)])
    payment: Payment = await stage.payment(payment_id)
    assert payment.why_held is not None
    dispute = stage.sandbox.open_dispute(str(payment.stripe_charge_id), 600)
    await stage.settle()
    async with stage.database.read() as session:
        of = await balances(session, payment_id)
    assert (of[Account.DISPUTED], of[Account.LOSS]) == (-600, 0)
    stage.sandbox.close_dispute(dispute["id"], "won")
    await stage.settle()
    async with stage.database.read() as session:
        assert (await balances(session, payment_id))[Account.DISPUTED] == 0


# --- looks at what is not there


async def test_a_charge_the_provider_does_not_know_is_shown_and_looked_for_daily(stage: Stage) -> None:
    await stage.sell([("anna", 1000)])
    stage.sandbox.add_fault("not_found", method="GET", path="/charges/", times=None)
    await stage.settle()
    assert "missing_there" in await findings(stage)
    before = stage.sandbox.log.requests
    await stage.pass_time(23 * HOUR)
    assert stage.sandbox.log.requests == before
    stage.sandbox.clear_faults()
    await stage.pass_time(HOUR)
    assert (await transfer(stage)).status == "completed"


async def begun(stage: Stage, *, recorded: bool) -> Payment:
    """A checkout whose session is open at the provider."""
    async with stage.database.write("test") as session:
        payment = await checkout.intend(session, CHECKOUT, currencies=["EUR"], request_key="key-1")
    made = await checkout.ask(stage.money.gateway, payment, CHECKOUT)
    if recorded:
        async with stage.database.write("test") as session:
            await checkout.record(session, payment.id, made)
    stage.sandbox.pay_checkout(made.id)
    return payment


async def test_a_checkout_whose_session_was_never_written_down_is_fetched_after_its_webhook(stage: Stage) -> None:
    stage.sandbox.add_fault("webhook_lost", event="charge.*", times=None)
    stage.sandbox.add_fault("webhook_lost", event="payment_intent.*", times=None)
    await begun(stage, recorded=False)
    await stage.settle()
    assert (await transfer(stage)).status == "completed"


async def test_a_charge_of_another_amount_is_shown_once_and_not_fetched_for_ever(stage: Stage) -> None:
    stage.sandbox.add_fault("webhook_lost", event="*", times=None)
    payment = await begun(stage, recorded=True)
    await set_columns(stage, Payment, payment.id, amount_minor=900)
    await stage.pass_time(26 * HOUR)
    row = await stage.payment(payment.id)
    assert (row.status, row.check_at) == ("pending", None)
    assert "amount_differs" in await findings(stage)
