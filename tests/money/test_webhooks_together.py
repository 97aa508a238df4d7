"""Deliveries that overlap share transactions, and each event is still handled exactly once."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.money.test_webhook_inbox import event, signed
from veza.money.machine import StatusChange
from veza.money.reversals import TransferReversal
from veza.money.simulator.stage import Stage
from veza.money.webhook_inbox import EventStatus, Inbox, WebhookEvent


async def test_events_that_arrive_together_are_each_handled_once(any_stage: Stage) -> None:
    stage = any_stage
    sold = [await stage.sold([("anna", 1000)]) for _ in range(4)]
    for payment_id in sold:
        stage.sandbox.refund_in_dashboard((await stage.payment(payment_id)).stripe_charge_id or "")
    payloads = [one.payload for one in stage.sandbox.due_deliveries()]
    # Each comes twice, among them one about nothing of ours and one of a kind nobody listens to.
    strangers = [event(id=f"evt_{kind}", type=kind) for kind in ("refund.created", "invoice.paid")]
    arrived = [(json.loads(one), one.decode()) for one in (*payloads, *strangers, *payloads)]
    states = await stage.room.inbox.accept_all(arrived, source="webhook")
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
    broken = event(id="evt_broken", type="refund.created", data={"object": {"object": "refund", "charge": charge}})
    payloads = [broken, *(one.payload for one in stage.sandbox.due_deliveries())]
    states = await stage.room.inbox.accept_all([(json.loads(one), one.decode()) for one in payloads], source="webhook")
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
    accept_all = Inbox.accept_all

    async def counted(self: Inbox, arrived: Any, *, source: str) -> list[EventStatus]:
        batches.append(len(arrived))
        return await accept_all(self, arrived, source=source)

    monkeypatch.setattr(Inbox, "accept_all", counted)
    payloads = [one.payload for one in stage.sandbox.due_deliveries()]
    inbox = stage.again().inbox
    states = await asyncio.gather(*(inbox.receive_beside(one, signed(stage, one)) for one in payloads))
    assert set(states) == {EventStatus.HANDLED}
    assert sum(batches) == len(payloads)
    assert max(batches) > 1
    assert await stage.violations() == []
