"""Webhooks in any order, twice, and one at a time: every permutation of a small set ends the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import permutations
from typing import Any
from uuid import UUID

from tests.money.acts import MINUTE, findings, reverse_once, reversed_there, sent_there
from veza.lab.sandbox.webhooks import sign_payload
from veza.lab.simulator.stage import SECRET, Stage
from veza.money.disputes import Dispute
from veza.money.payment_frame import PaymentFrame
from veza.money.rebalance import books
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import EventStatus, WebhookEvent

PENDING_REFUNDS = "4000000000007726"


def waiting(stage: Stage, *types: str) -> list[bytes]:
    """The payloads of all deliveries that wait, without delivering them: those of `types`, oldest first."""
    payloads = []
    for one in stage.sandbox.due_deliveries():
        stage.sandbox.record_delivery(one.id, 200)
        payloads.append(one.payload)
    return [payload for payload in payloads if not types or json.loads(payload)["type"] in types]


async def receive(stage: Stage, payloads: Sequence[bytes]) -> list[EventStatus]:
    stamp = int(stage.clock.now().timestamp())
    return [await stage.money.inbox.receive(one, sign_payload(SECRET, one, stamp)) for one in payloads]


async def one_sale_per_order(stage: Stage, events: int, **sale: Any) -> list[tuple[tuple[int, ...], UUID]]:
    """Every order of so many events, each with a sale of its own that was paid out."""
    sales = [(order, await stage.sell([("anna", 1000)], **sale)) for order in permutations(range(events))]
    await stage.settle()
    return sales


async def planned_and_owed(stage: Stage, payment_id: UUID) -> set[tuple[int, int]]:
    async with stage.database.write("test") as session:
        found = await books(session, PaymentFrame(await stage.payment(payment_id)))
    return {(book.planned_minor, book.owed_minor) for book in found}


async def test_a_refund_that_succeeds_and_fails_later_ends_the_same_in_any_order(any_stage: Stage) -> None:
    wanted = ("refund.created", "refund.updated", "refund.failed", "charge.refunded")
    for order, payment_id in await one_sale_per_order(any_stage, 4, card=PENDING_REFUNDS):
        made = any_stage.sandbox.refund_in_dashboard((await any_stage.payment(payment_id)).stripe_charge_id or "")
        created, hint = waiting(any_stage, "refund.created", "charge.refunded")
        any_stage.sandbox.succeed_refund(made["id"])
        (succeeded,) = waiting(any_stage, "refund.updated")
        any_stage.sandbox.fail_refund(made["id"])
        (failed,) = waiting(any_stage, "refund.failed")
        events = [created, hint, succeeded, failed]
        assert {json.loads(event)["type"] for event in events} == set(wanted)
        await receive(any_stage, [events[i] for i in order])
        await receive(any_stage, [events[i] for i in reversed(order)])
        assert [row.status for row in await any_stage.all(Refund, payment_id=payment_id)] == ["failed"]
        assert await planned_and_owed(any_stage, payment_id) == {(900, 900)}
        rows = await any_stage.all(TransferReversal, payment_id=payment_id)
        assert {row.status for row in rows} <= {"canceled"}
    assert reversed_there(any_stage) == []


async def test_a_dispute_that_is_won_ends_the_same_in_any_order(any_stage: Stage) -> None:
    any_stage.sandbox.add_balance(None, 100_000, "eur")
    for order, payment_id in await one_sale_per_order(any_stage, 4):
        charge = (await any_stage.payment(payment_id)).stripe_charge_id or ""
        dispute = any_stage.sandbox.open_dispute(charge)
        opened = waiting(any_stage, "charge.dispute.created", "charge.dispute.funds_withdrawn")
        any_stage.sandbox.close_dispute(dispute["id"], "won")
        events = opened + waiting(any_stage, "charge.dispute.funds_reinstated", "charge.dispute.closed")
        assert len(events) == 4
        await receive(any_stage, [events[i] for i in order])
        await receive(any_stage, [events[i] for i in order])
        assert [row.status for row in await any_stage.all(Dispute, payment_id=payment_id)] == ["reinstated"]
        assert await planned_and_owed(any_stage, payment_id) == {(900, 900)}
    await any_stage.settle()
    assert sum(sent_there(any_stage)) - sum(reversed_there(any_stage)) == 24 * 900


async def test_the_news_of_a_sale_and_its_refund_end_the_same_in_any_order(any_stage: Stage) -> None:
    for order in permutations(range(3)):
        payment_id = await any_stage.sell([("anna", 1000)])
        sale = waiting(any_stage, "charge.succeeded", "payment_intent.succeeded")
        charge = any_stage.sandbox.world.charges.ids()[-1]
        any_stage.sandbox.refund_in_dashboard(charge)
        events = sale + waiting(any_stage, "refund.created")
        assert len(events) == 3
        for i in order:
            await receive(any_stage, [events[i], events[i]])
        await any_stage.settle()
        assert [row.status for row in await any_stage.all(Refund, payment_id=payment_id)] == ["succeeded"]
        kept = [row for row in await any_stage.all(SellerTransfer, payment_id=payment_id) if row.status == "completed"]
        assert kept == []
    assert sum(sent_there(any_stage)) == sum(reversed_there(any_stage))


async def test_the_news_of_a_transfer_before_its_answer_is_the_same_transfer(any_stage: Stage) -> None:
    await any_stage.sell([("anna", 1000)])
    any_stage.sandbox.add_fault("timeout_after_effect", method="POST", path="^/v1/transfers$")
    await any_stage.settle()
    assert [row.status for row in await any_stage.all(SellerTransfer)] == ["completed"]
    await any_stage.pass_time(5 * MINUTE)
    assert sent_there(any_stage) == [900]


async def test_the_news_of_our_own_reversal_before_its_answer_is_no_foreign_reversal(any_stage: Stage) -> None:
    payment_id = await any_stage.sold([("anna", 1000)])
    await any_stage.refund(payment_id, 300)
    await any_stage.work()
    any_stage.sandbox.add_fault("timeout_after_effect", method="POST", path="/reversals$")
    await reverse_once(any_stage)
    any_stage.sandbox.clear_faults()
    await any_stage.settle()
    rows = await any_stage.all(TransferReversal)
    assert [(row.status, row.cause_kind) for row in rows] == [("succeeded", "refund")]
    assert (reversed_there(any_stage), await findings(any_stage)) == ([270], [])


async def test_a_duplicate_is_stored_once_and_does_nothing(any_stage: Stage) -> None:
    payment_id = await any_stage.sold([("anna", 1000)])
    any_stage.sandbox.refund_in_dashboard((await any_stage.payment(payment_id)).stripe_charge_id or "", 400)
    events = waiting(any_stage)
    assert set(await receive(any_stage, events)) == {EventStatus.HANDLED}
    before = len(await any_stage.all(WebhookEvent))
    for _ in range(3):
        assert set(await receive(any_stage, events)) == {EventStatus.HANDLED}
    assert len(await any_stage.all(WebhookEvent)) == before
    await any_stage.settle()
    assert reversed_there(any_stage) == [360]
