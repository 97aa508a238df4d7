"""Deliveries that are refused and store nothing, and events that are stored and cannot be handled yet."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.money.acts import DAY, MINUTE, findings, reversed_there
from tests.money.conftest import OpenStage
from tests.pseudo_language import plain
from veza.kit.database_trouble import DatabaseUnavailable
from veza.lab.sandbox.webhooks import sign_payload
from veza.lab.simulator.stage import RULES, SECRET, Stage
from veza.money import webhook_events
from veza.money.payments import Payment
from veza.money.refunds import Refund
from veza.money.webhook_inbox import EventStatus, WebhookEvent
from veza.money.webhook_signatures import BadWebhook


def event(**changes: Any) -> bytes:
    body = {
        "id": "evt_1",
        "object": "event",
        "type": "charge.updated",
        "created": 1_767_600_000,
        "livemode": False,
        "data": {"object": {"id": "ch_1", "object": "charge"}},
    }
    return json.dumps({**body, **changes}).encode()


def signed(stage: Stage, payload: bytes, *, secret: str = SECRET, age_seconds: int = 0) -> str:
    return sign_payload(secret, payload, int(stage.clock.now().timestamp()) - age_seconds)


async def refused(stage: Stage, payload: bytes, signature: str | None, words: str) -> None:
    with pytest.raises(BadWebhook, match=words) as refusal:
        await stage.money.inbox.receive(payload, signature)
    assert "\n" not in str(refusal.value)
    assert await stage.all(WebhookEvent) == []


@pytest.mark.parametrize(
    "signature", ["", "t=1", "v1=aa", "nonsense", "t=x,v1=aa", "t=1,v1=", ",,,", "t=1,v0=aa", "t=1,v1=\xff"]
)
async def test_a_signature_that_makes_no_sense_is_refused(stage: Stage, signature: str) -> None:
    await refused(stage, event(), signature, "Stripe-Signature")


async def test_another_secrets_signature_is_refused(stage: Stage) -> None:
    payload = event()
    await refused(stage, payload, signed(stage, payload, secret="whsec_other"), "does not fit")


async def test_a_body_changed_by_one_byte_is_refused(stage: Stage) -> None:
    payload = event()
    await refused(stage, payload + b" ", signed(stage, payload), "does not fit")


@pytest.mark.parametrize("age_seconds", [301, 86_400, -301])
async def test_a_signature_of_another_time_is_refused(stage: Stage, age_seconds: int) -> None:
    payload = event()
    await refused(stage, payload, signed(stage, payload, age_seconds=age_seconds), r"\(300 s\)")


@pytest.mark.parametrize("age_seconds", [300, 0, -300])
async def test_a_signature_of_the_last_five_minutes_is_accepted(stage: Stage, age_seconds: int) -> None:
    payload = event()
    state = await stage.money.inbox.receive(payload, signed(stage, payload, age_seconds=age_seconds))
    assert state is EventStatus.IGNORED


async def test_several_secrets_are_accepted_while_one_is_rotated(open_stage: OpenStage) -> None:
    rules = replace(RULES, inbox=replace(RULES.inbox, secrets=("whsec_new", SECRET)))
    stage = await open_stage(rules=rules)
    for number, secret in enumerate(("whsec_new", SECRET)):
        payload = event(id=f"evt_{number}")
        await stage.money.inbox.receive(payload, signed(stage, payload, secret=secret))
    assert len(await stage.all(WebhookEvent)) == 2


@pytest.mark.parametrize("payload", [b"", b"{", b"not json", b"\xff\xfe", b"[" * 200_000, b'{"a":NaN'], ids=range(6))
async def test_a_signed_body_that_is_not_json_is_refused(stage: Stage, payload: bytes) -> None:
    signature = signed(stage, payload)
    await refused(stage, payload, signature, "not JSON|does not fit")


NO_EVENTS = (
    b"[]",
    b"null",
    b'"evt"',
    b"{}",
    event(object="charge"),
    event(id=None),
    event(id=17),
    event(id=""),
    event(id="evt_\x00"),
    event(id="evt_\ud800"),
    event(id="e" * 300),
    event(type=None),
    event(type="\x00"),
    event(created="now"),
    event(created=True),
    event(created=-1),
    event(created=10**30),
    event(account={"id": "acct_1"}),
    event(data=[]),
    event(data={"object": "ch_1"}),
)


async def test_a_signed_body_that_is_no_event_is_refused(any_stage: Stage) -> None:
    for payload in NO_EVENTS:
        await refused(any_stage, payload, signed(any_stage, payload), "is not a Stripe event")


@pytest.mark.parametrize(("livemode", "ours", "theirs"), [(False, "test", "live"), (True, "live", "test")])
async def test_an_event_of_the_other_mode_is_refused(
    open_stage: OpenStage, livemode: bool, ours: str, theirs: str
) -> None:
    stage = await open_stage(rules=replace(RULES, inbox=replace(RULES.inbox, livemode=livemode)))
    payload = event(livemode=not livemode)
    await refused(stage, payload, signed(stage, payload), f"is of {theirs} mode, this deployment of {ours} mode")


async def test_a_replayed_delivery_does_nothing_more(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    stage.sandbox.refund_in_dashboard((await stage.payment(payment_id)).stripe_charge_id or "", 400)
    payloads = [one.payload for one in stage.sandbox.due_deliveries()]
    for _ in range(3):
        for payload in payloads:
            assert await stage.money.inbox.receive(payload, signed(stage, payload)) is EventStatus.HANDLED
    await stage.settle()
    assert [row.amount_minor for row in await stage.all(Refund)] == [400]
    assert reversed_there(stage) == [360]


@pytest.mark.parametrize("type", sorted(webhook_events.HANDLERS))
async def test_an_event_about_something_unknown_is_ignored_and_says_so(stage: Stage, type: str) -> None:
    kinds = {"charge": "charge", "refund": "refund", "transfer": "transfer", "payment_intent": "payment_intent"}
    kind = "refund" if type == "charge.refund.updated" else "dispute" if "dispute" in type else type.split(".")[0]
    seen = {"id": "xx_unknown", "object": kinds.get(kind, kind), "charge": "ch_unknown", "amount": 1, "currency": "eur"}
    payload = event(type=type, data={"object": seen})
    state = await stage.money.inbox.receive(payload, signed(stage, payload))
    row = await stage.one(WebhookEvent)
    is_of_no_row = type in ("balance.available", "account.updated")
    assert state is (EventStatus.HANDLED if is_of_no_row else EventStatus.IGNORED)
    assert is_of_no_row or "of ours" in plain(row.error)
    assert await stage.all(Payment) == []


@pytest.mark.parametrize("type", sorted(webhook_events.HANDLERS))
async def test_an_event_whose_object_is_garbage_harms_nothing_and_stays_visible(stage: Stage, type: str) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    charge = (await stage.payment(payment_id)).stripe_charge_id
    seen = {"id": charge, "object": "charge", "charge": charge, "status": 7, "amount": "lots", "metadata": [],
            "payment_intent": {}, "balance_transactions": [{"id": 1}], "reversals": 3, "currency": None}  # fmt: skip
    payload = event(id="evt_garbage", type=type, data={"object": seen})
    state = await stage.money.inbox.receive(payload, signed(stage, payload))
    assert state in EventStatus
    row = await stage.one(WebhookEvent, id="evt_garbage")
    assert row.payload == payload.decode()
    await stage.settle()
    assert (await stage.payment(payment_id)).status == "succeeded"


async def test_an_event_that_keeps_failing_backs_off_and_ends_visible(stage: Stage) -> None:
    payment_id = await stage.sell([("anna", 1000)])
    charge = stage.sandbox.world.charges.rows[stage.sandbox.world.charges.ids()[-1]]
    wrong = {
        **charge,
        "object": "charge",
        "balance_transaction": {"id": "txn_of_no_currency"},
        "metadata": {"veza_payment": str(payment_id)},
    }
    payload = event(id="evt_wrong", type="charge.succeeded", data={"object": wrong})
    payload = json.dumps(json.loads(payload), default=str).encode()
    waits = []
    assert await stage.money.inbox.receive(payload, signed(stage, payload)) is EventStatus.RECEIVED
    row = await stage.one(WebhookEvent, id="evt_wrong")
    while row.next_retry_at is not None:
        waits.append((row.next_retry_at - stage.clock.now()) // timedelta(seconds=1))
        stage.clock.advance(row.next_retry_at - stage.clock.now())
        for claim in await stage.money.inbox_worker.claim(20):
            await stage.money.inbox_worker.work(claim)
        row = await stage.one(WebhookEvent, id="evt_wrong")
    assert waits == [30, 60, 120, 240, 480, 960, 1920]
    assert (row.state, row.attempts) == ("failed", 8)
    assert await findings(stage) == ["webhook_failed"]
    await stage.pass_time(DAY)


async def test_a_crash_between_storing_and_handling_is_made_good_by_the_worker(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    stage.sandbox.refund_in_dashboard((await stage.payment(payment_id)).stripe_charge_id or "")
    for one in stage.sandbox.due_deliveries():
        async with stage.database.write("crashing") as session:
            await stage.money.inbox._store(session, [(json.loads(one.payload), one.payload.decode())], "webhook")
        stage.sandbox.record_delivery(one.id, 200)
    await stage.settle()
    assert reversed_there(stage) == [], "the lease of the process that stored them is respected"
    await stage.pass_time(2 * MINUTE)
    assert reversed_there(stage) == [900]


async def test_a_database_that_fails_while_handling_leaves_the_event_to_the_worker(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unavailable(session: object, seen: object) -> None:
        raise DatabaseUnavailable("the database is read-only: is this a standby server?")

    payment_id = await stage.sold([("anna", 1000)])
    stage.sandbox.refund_in_dashboard((await stage.payment(payment_id)).stripe_charge_id or "")
    with monkeypatch.context() as broken:
        broken.setitem(webhook_events.HANDLERS, "refund.created", unavailable)
        broken.setitem(webhook_events.HANDLERS, "charge.refunded", unavailable)
        await stage.deliver()
    assert await stage.all(Refund) == []
    await stage.pass_time(2 * MINUTE)
    assert reversed_there(stage) == [900]
