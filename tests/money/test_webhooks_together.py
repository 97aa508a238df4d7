"""Deliveries that overlap share transactions, and each event is still handled exactly once."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.money.test_webhook_inbox import event, signed
from tests.waiting import until_locked_out
from veza.kit.moves import StatusChange
from veza.lab.simulator.stage import Stage
from veza.money import payments
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.webhook_inbox import EventStatus, Inbox, WebhookEvent


async def test_events_that_arrive_together_are_each_handled_once(any_stage: Stage) -> None:
    stage = any_stage
    sold = [await stage.sold([("anna", 1000)]) for _ in range(4)]
    for payment_id in sold:
        stage.sandbox.refund_in_dashboard((await stage.payment(payment_id)).stripe_charge_id or "")
    payloads = [one.payload for one in stage.sandbox.due_deliveries()]
    # Each comes twice, among them one about nothing of ours and one of a kind without a handler.
    strangers = [event(id=f"evt_{kind}", type=kind) for kind in ("refund.created", "invoice.paid")]
    arrived = [(json.loads(one), one.decode()) for one in (*payloads, *strangers, *payloads)]
    states = await stage.money.inbox.accept(arrived, source="webhook")
    assert states[: len(payloads)] == [EventStatus.HANDLED] * len(payloads)
    assert states[len(payloads) : len(payloads) + 2] == [EventStatus.IGNORED] * 2
    rows = await stage.all(WebhookEvent)
    assert {row.state for row in rows if row.id not in ("evt_refund.created", "evt_invoice.paid")} == {"handled"}
    assert [row.status for row in await stage.all(TransferReversal)] == ["pending"] * 4
    assert {row.by for row in await stage.all(StatusChange, machine="reversal")} <= {
        f"webhook {json.loads(one)['id']}" for one in payloads
    }
    assert await stage.violations() == []


async def test_one_event_that_cannot_be_handled_keeps_no_other_from_it(any_stage: Stage) -> None:
    stage = any_stage
    payment_id = await stage.sold([("anna", 1000)])
    charge = (await stage.payment(payment_id)).stripe_charge_id or ""
    stage.sandbox.refund_in_dashboard(charge)
    dispute = {"id": "dp_1", "object": "dispute", "charge": charge, "amount": 1, "currency": "eur"}
    dispute["balance_transactions"] = [{"id": "txn_without_an_amount"}]
    broken = event(id="evt_broken", type="charge.dispute.created", data={"object": dispute})
    payloads = [broken, *(one.payload for one in stage.sandbox.due_deliveries())]
    states = await stage.money.inbox.accept([(json.loads(one), one.decode()) for one in payloads], source="webhook")
    assert states == [EventStatus.RECEIVED, *[EventStatus.HANDLED] * (len(payloads) - 1)]
    assert (await stage.one(WebhookEvent, id="evt_broken")).attempts == 1
    assert await stage.violations() == []


async def test_a_server_shares_transactions_among_deliveries_that_overlap(
    any_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = any_stage
    for payment_id in [await stage.sold([("anna", 1000)]) for _ in range(6)]:
        stage.sandbox.refund_in_dashboard((await stage.payment(payment_id)).stripe_charge_id or "")
    batches: list[int] = []
    take_in = Inbox._take_in

    async def counted(self: Inbox, arrived: Any, *, source: str) -> list[EventStatus | None]:
        batches.append(len(arrived))
        return await take_in(self, arrived, source=source)

    monkeypatch.setattr(Inbox, "_take_in", counted)
    payloads = [one.payload for one in stage.sandbox.due_deliveries()]
    inbox = stage.again().inbox
    states = await asyncio.gather(*(inbox.receive(one, signed(stage, one)) for one in payloads))
    assert set(states) == {EventStatus.HANDLED}
    assert sum(batches) == len(payloads)
    assert max(batches) > 1
    assert await stage.violations() == []


async def test_payments_locked_elsewhere_keep_no_other_delivery_waiting(postgres_stage: Stage) -> None:
    stage = postgres_stage
    sold = [await stage.sold([("anna", 1000)]) for _ in range(8)]
    for payment_id in sold:
        stage.sandbox.refund_in_dashboard((await stage.payment(payment_id)).stripe_charge_id or "")
    payloads = [one.payload for one in stage.sandbox.due_deliveries()]
    charges = [(await stage.payment(payment_id)).stripe_charge_id or "" for payment_id in sold[:2]]
    about_held = [one for one in payloads if any(charge.encode() in one for charge in charges)]
    locked, released = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with stage.database.write("another process") as session:
            await payments.lock_free(session, sold[:2])
            locked.set()
            await released.wait()

    async def deliver(one: bytes) -> EventStatus:
        return await stage.money.inbox.receive(one, signed(stage, one))

    holding = asyncio.create_task(hold())
    await locked.wait()
    first = [asyncio.create_task(deliver(one)) for one in about_held]
    await until_locked_out(stage.database)
    async with asyncio.timeout(20):
        others = await asyncio.gather(*(deliver(one) for one in payloads if one not in about_held))
    assert set(others) == {EventStatus.HANDLED}
    assert not any(one.done() for one in first)
    released.set()
    await holding
    assert set(await asyncio.gather(*first)) == {EventStatus.HANDLED}
    assert await stage.violations() == []


async def test_metadata_that_names_another_payment_never_beats_the_charge(postgres_stage: Stage) -> None:
    stage = postgres_stage
    right, wrong = await stage.sold([("anna", 1000)]), await stage.sold([("ben", 1000)])
    charge = (await stage.payment(right)).stripe_charge_id or ""
    stage.sandbox.refund_in_dashboard(charge)
    bodies = [json.loads(one.payload) for one in stage.sandbox.due_deliveries()]
    for body in bodies:
        body["data"]["object"]["metadata"] = {"veza_payment": str(wrong)}
    strangers = [json.loads(event(id="evt_other", type="invoice.paid"))]
    locked, released = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with stage.database.write("another process") as session:
            await payments.lock(session, right)
            locked.set()
            await released.wait()

    holding = asyncio.create_task(hold())
    await locked.wait()
    arrived = [(body, json.dumps(body)) for body in (*bodies, *strangers)]
    taking = asyncio.create_task(stage.money.inbox.accept(arrived, source="webhook"))
    await until_locked_out(stage.database)
    released.set()
    await asyncio.gather(holding, taking)
    assert {row.payment_id for row in await stage.all(Refund)} == {right}
    assert await stage.violations() == []


async def test_two_servers_storing_the_same_events_do_not_stop_each_other(any_stage: Stage) -> None:
    stage = any_stage
    inboxes = stage.money.inbox, stage.again().inbox
    for turn in range(6):
        bodies = [json.loads(event(id=f"evt_{turn}_{number:03}", type="invoice.paid")) for number in range(40)]
        arrived = [(body, json.dumps(body) + " " * 4000) for body in bodies]
        said = await asyncio.gather(
            inboxes[0].accept(arrived, source="webhook"), inboxes[1].accept(arrived[::-1], source="webhook")
        )
        assert {state for states in said for state in states} <= {EventStatus.IGNORED, EventStatus.RECEIVED}
    assert len(await stage.all(WebhookEvent)) == 240
