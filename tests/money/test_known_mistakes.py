"""Mistakes other systems are known for; each is a fact that does not happen here."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.money.acts import (
    DAY,
    HOUR,
    MINUTE,
    REFUNDING,
    REVERSING,
    SENDING,
    attempts,
    findings,
    history,
    refund_once,
    refunded,
    refunded_there,
    retry,
    reversal,
    reverse_once,
    reversed_there,
    send_once,
    sent_there,
    transfer,
)
from tests.money.conftest import OpenStage
from tests.pseudo_language import plain
from veza.kit.outbox import OutboxEvent
from veza.lab.sandbox.core import Request
from veza.lab.sandbox.settings import SandboxSettings
from veza.lab.simulator.stage import Stage
from veza.money.ledger import Account, balances
from veza.money.operator import NothingToRetry
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import WebhookEvent
from veza.money.webhook_signatures import BadWebhook


async def test_a_webhook_that_beats_the_commit_records_the_refund_once(open_stage: OpenStage) -> None:
    """Gumroad #6193: the webhook arrived before the refund's own commit and was recorded two or three times."""
    asked = 0

    async def deliver_before_the_answer_is_recorded(request: Request) -> None:
        nonlocal asked
        if request.method == "POST" and request.path == "/v1/refunds":
            asked += 1
            if asked == 2:  # after the effect, before the worker sees the answer
                await stage.deliver()
                for event in await stage.all(WebhookEvent):
                    if event.type.startswith(("refund.", "charge.refund")):
                        stage.sandbox.redeliver(event.id)
                await stage.deliver()

    stage = await open_stage(gate=deliver_before_the_answer_is_recorded)
    await stage.seller("anna")
    payment_id = await stage.sold([("anna", 1000)])
    await stage.refund(payment_id, 1000)
    await stage.settle()
    assert [row.status for row in await stage.all(Refund)] == ["succeeded"]
    assert reversed_there(stage) == [900]
    assert [event.topic for event in await stage.all(OutboxEvent)].count("refund.succeeded") == 1
    async with stage.database.read() as session:
        assert (await balances(session, payment_id))[Account.REFUNDED] == -1000


async def test_a_sale_settled_in_another_currency_is_held_and_nothing_of_it_is_reversed(open_stage: OpenStage) -> None:
    """Gumroad #6464: the charge's amount was reversed on a transfer of another currency."""
    settings = SandboxSettings(rate_limit_per_second=None, asynchronous_capture_seconds=None, settlement_currency="usd")
    stage = await open_stage(settings=settings)
    await stage.seller("anna")
    payment_id = await stage.sold([("anna", 1000)])
    assert plain((await stage.payment(payment_id)).why_held) == "settled in USD, not EUR"
    assert await findings(stage) == ["held_for_currency"]
    await stage.refund(payment_id, 400)
    await stage.settle()
    assert (await stage.one(Refund)).status == "succeeded"
    assert (sent_there(stage), reversed_there(stage)) == ([], [])


async def test_a_reversal_is_in_the_currency_and_amount_of_its_transfer(stage: Stage) -> None:
    """Gumroad #6464, the other half: what is reversed is counted in the transfer's own currency."""
    payment_id = await stage.sold([("anna", 1000)], currency="JPY")
    await stage.refund(payment_id, 500, currency="JPY")
    await stage.settle()
    (there,) = stage.sandbox.world.reversals.rows.values()
    assert (there["amount"], there["currency"]) == (450, "jpy")
    assert (await reversal(stage)).currency == (await transfer(stage)).currency == "JPY"


async def test_a_refund_that_fails_days_later_is_given_back_to_the_seller(stage: Stage) -> None:
    """Gumroad #5779: a late `refund.failed` left the seller without the share for ever."""
    stage.sandbox.add_balance(None, 5000, "eur")
    payment_id = await stage.sold([("anna", 1000)], card="4000000000005126")
    await stage.refund(payment_id, 1000)
    await stage.settle()
    assert reversed_there(stage) == [900]
    await stage.pass_time(3 * DAY)
    assert (await stage.one(Refund)).status == "failed"
    first, again = await stage.all(SellerTransfer)
    assert (first.status, again.status, again.sent_minor) == ("reversed", "completed", 900)
    assert again.source_transaction is None


async def test_a_dispute_after_a_refund_takes_the_money_once(stage: Stage) -> None:
    """Gumroad #4372: refund and dispute of the same sale each took the seller's share."""
    payment_id = await refunded(stage)
    await stage.settle()
    charge = (await stage.payment(payment_id)).stripe_charge_id or ""
    stage.sandbox.open_dispute(charge, 1000)
    await stage.settle()
    assert reversed_there(stage) == [900]
    assert "platform_loss" in await findings(stage)
    async with stage.database.read() as session:
        of = await balances(session, payment_id)
    assert (of[Account.LOSS], of[Account.SENT_TO_SELLERS]) == (1000, 0)


async def test_a_card_refund_is_confirmed_without_refund_updated(stage: Stage) -> None:
    """Hi.Events #1067: it waited for `refund.updated`, which card refunds may never send."""
    payment_id = await stage.sold([("anna", 1000)])
    for event in ("refund.updated", "charge.refund*"):
        stage.sandbox.add_fault("webhook_lost", event=event, times=None)
    stage.sandbox.refund_in_dashboard((await stage.payment(payment_id)).stripe_charge_id or "")
    await stage.settle()
    assert (await stage.one(Refund)).status == "succeeded"
    assert reversed_there(stage) == [900]


async def test_two_equal_partial_refunds_are_two_reversals(stage: Stage) -> None:
    """Liberapay: a key made of the amount made the second of two equal partials a replay of the first."""
    payment_id = await stage.sold([("anna", 1000)])
    for _ in range(2):
        await stage.refund(payment_id, 200)
        await stage.settle()
    assert refunded_there(stage) == [200, 200]
    assert reversed_there(stage) == [180, 180]
    assert len({attempt.idempotency_key for attempt in await attempts(stage, "reversal")}) == 2


async def test_a_second_partial_of_one_transfer_has_a_key_of_its_own(stage: Stage) -> None:
    """Polar: one key per transfer made the second partial a conflict."""
    payment_id = await stage.sold([("anna", 1000)])
    for amount in (200, 300):
        await stage.refund(payment_id, amount)
        await stage.settle()
    assert reversed_there(stage) == [180, 270]
    assert [attempt.meaning for attempt in await attempts(stage, "reversal")] == ["done", "done"]


async def test_partials_are_reckoned_from_the_sale_not_from_what_is_left_of_it(stage: Stage) -> None:
    """Polar: the second partial was prorated on the row the first one had prorated already."""
    payment_id = await stage.sold([("anna", 1000)])
    for amount in (500, 250, 250):
        await stage.refund(payment_id, amount)
        await stage.settle()
    assert reversed_there(stage) == [450, 225, 225]
    assert (await transfer(stage)).status == "reversed"


async def test_every_attempt_without_an_answer_keeps_its_key(stage: Stage) -> None:
    """Saleor #19812: a fresh key at every attempt repeats an effect whose answer was lost."""
    await refunded(stage)
    for kind in ("timeout_after_effect", "error_503", "reset_before_effect"):
        stage.sandbox.add_fault(kind, method="POST", path=REVERSING)
    for _ in range(4):
        await reverse_once(stage)
        stage.clock.advance(timedelta(minutes=8))
    tried = await attempts(stage, "reversal")
    assert [attempt.meaning for attempt in tried] == ["silence", "server_error", "silence", "done"]
    assert len({attempt.idempotency_key for attempt in tried}) == 1
    assert reversed_there(stage) == [900]


async def test_after_the_keys_24_hours_it_is_looked_up_before_it_is_sent(stage: Stage) -> None:
    """Spree #14500: a retry after the provider had forgotten the key repeated the effect."""
    await refunded(stage)
    stage.sandbox.add_fault("timeout_after_effect", method="POST", path=REVERSING)
    await reverse_once(stage)
    stage.clock.advance(25 * HOUR)
    await reverse_once(stage)
    assert reversed_there(stage) == [900]
    assert (await transfer(stage)).status == "reversed"
    assert [attempt.meaning for attempt in await attempts(stage, "reversal")] == ["silence", "looked_up_found"]


@pytest.mark.parametrize("kind", ["refused", "not_found"])
async def test_nothing_is_reversed_before_the_refund_is_certain(stage: Stage, kind: str) -> None:
    """pay-connector #1792, #1809: reversing first, then a refused refund, left seller and buyer with neither."""
    payment_id = await stage.sold([("anna", 1000)])
    stage.sandbox.add_fault(kind, method="POST", path=REFUNDING)
    await stage.refund(payment_id, 1000)
    await stage.settle()
    assert (await stage.one(Refund)).status == "refused"
    assert (await transfer(stage)).status == "completed"
    assert (refunded_there(stage), reversed_there(stage)) == ([], [])


@pytest.mark.parametrize("header", [None, ""])
async def test_a_delivery_without_a_signature_header_is_refused(stage: Stage, header: str | None) -> None:
    """Mirlo: the check was skipped when the header was missing."""
    with pytest.raises(BadWebhook, match="no Stripe-Signature header"):
        await stage.money.inbox.receive(b'{"object":"event"}', header)
    assert await stage.all(WebhookEvent) == []


async def test_a_502_whose_request_still_runs_is_asked_again_with_the_same_key(stage: Stage) -> None:
    """A new key after a 502 repeats a request that was still running behind the broken edge."""
    await refunded(stage)
    stage.sandbox.add_fault("error_then_effect", method="POST", path=REVERSING, delay_seconds=90)
    await reverse_once(stage)
    stage.clock.advance(MINUTE)
    await reverse_once(stage)
    row = await reversal(stage)
    assert (row.last_outcome, row.key_generation, row.retry_count) == ("key_in_use", 1, 1)
    await stage.pass_time(MINUTE)
    assert reversed_there(stage) == [900]
    assert (await transfer(stage)).status == "reversed"


async def test_an_operators_retry_pays_no_seller_after_a_full_refund(stage: Stage) -> None:
    """A retried transfer paid a seller whose sale had been refunded in full meanwhile."""
    payment_id = await stage.sell([("anna", 1000)])
    stage.sandbox.add_fault("refused", method="POST", path=SENDING)
    await stage.settle()
    assert (await transfer(stage)).status == "permanently_failed"
    await stage.refund(payment_id, 1000)
    await stage.settle()
    sent = await transfer(stage)
    assert await history(stage, sent.id) == ["pending", "permanently_failed", "canceled"]
    with pytest.raises(NothingToRetry, match="is canceled: there is nothing to retry; last: permanently_failed → "):
        await retry(stage, sent.id)
    await stage.settle()
    assert sent_there(stage) == []


async def test_an_operators_retry_of_a_silent_transfer_only_looks_after_a_full_refund(stage: Stage) -> None:
    """The same while it is unknown whether the given-up request is still alive."""
    stage.sandbox.add_fault("timeout_before_effect", method="POST", path=SENDING, times=5)
    payment_id = await stage.sold([("anna", 1000)])
    for _ in range(5):
        await send_once(stage)
        stage.clock.advance(8 * MINUTE)
    stage.clock.advance(-8 * MINUTE)
    await stage.refund(payment_id, 1000)
    await refund_once(stage)
    sent = await transfer(stage)
    assert (sent.status, sent.unanswered) == ("permanently_failed", True)
    await retry(stage, sent.id)
    await stage.pass_time(HOUR)
    assert (await transfer(stage)).status == "canceled"
    assert sent_there(stage) == []


async def test_an_exhausted_silent_attempt_that_happened_ends_reversed(stage: Stage) -> None:
    """Five timeouts in a row were called a failure though the first of them had moved the money."""
    await refunded(stage)
    stage.sandbox.add_fault("timeout_after_effect", method="POST", path=REVERSING)
    stage.sandbox.add_fault("timeout_before_effect", method="POST", path=REVERSING, times=None)
    for _ in range(5):
        await reverse_once(stage)
        stage.clock.advance(10 * MINUTE)
    assert reversed_there(stage) == [900]
    row = await reversal(stage)
    assert (row.status, (await transfer(stage)).status) == ("succeeded", "reversed")
    assert row.stripe_reversal_id in stage.sandbox.world.reversals.rows


async def test_an_exhausted_silent_attempt_that_happens_afterwards_is_still_adopted(stage: Stage) -> None:
    """The same, later: the last look found nothing, and the request took effect after it."""
    await refunded(stage)
    stage.sandbox.add_fault("timeout_before_effect", method="POST", path=REVERSING, times=4)
    stage.sandbox.add_fault("timeout_then_effect", method="POST", path=REVERSING, delay_seconds=300)
    for _ in range(5):
        await reverse_once(stage)
        stage.clock.advance(9 * MINUTE)
    stage.clock.advance(-9 * MINUTE)
    assert (await reversal(stage)).status == "permanently_failed"
    await stage.pass_time(20 * MINUTE)
    assert reversed_there(stage) == [900]
    assert (await reversal(stage)).status == "succeeded"
    assert (await transfer(stage)).status == "reversed"
    assert await findings(stage) == []


async def test_an_exhausted_silent_transfer_that_happened_ends_completed(stage: Stage) -> None:
    """The same on the way out: the seller was paid, and would have been paid again by hand."""
    await stage.sell([("anna", 1000)])
    stage.sandbox.add_fault("timeout_after_effect", method="POST", path=SENDING)
    stage.sandbox.add_fault("timeout_before_effect", method="POST", path=SENDING, times=None)
    stage.sandbox.add_fault("webhook_lost", event="transfer.*", times=None)
    for _ in range(6):
        await stage.pass_time(10 * MINUTE)
    assert sent_there(stage) == [900]
    assert (await transfer(stage)).status == "completed"


async def test_an_exhausted_silent_refund_that_happened_ends_succeeded(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    stage.sandbox.add_fault("timeout_after_effect", method="POST", path=REFUNDING)
    stage.sandbox.add_fault("timeout_before_effect", method="POST", path=REFUNDING, times=None)
    await stage.refund(payment_id, 1000)
    for _ in range(5):
        await refund_once(stage)
        stage.clock.advance(10 * MINUTE)
    assert refunded_there(stage) == [1000]
    assert (await stage.one(Refund)).status == "succeeded"
    assert [row.amount_minor for row in await stage.all(TransferReversal)] == [900]
