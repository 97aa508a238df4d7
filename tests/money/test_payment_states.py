"""Every row of the tables of docs/money-payments.md: what is seen, or said, becomes what the row says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.money.acts import findings
from tests.money.test_unwanted_payments import opened
from veza.kit.messages import verbatim
from veza.lab.sandbox.webhooks import sign_payload
from veza.lab.simulator.stage import SECRET, Stage
from veza.money import payment_frame, payment_progress, payments
from veza.money.payment_progress import DEBIT_CHECK
from veza.money.payments import UNPAID_CHECK, Payment
from veza.money.stripe.payment_states import BECOMES, EVENTS, STATES, PayState, Seen, state_of
from veza.money.webhook_events import HANDLERS

Shown = Mapping[str, Any]


def session(status: str, payment_status: str = "unpaid", intent: Shown | str | None = None) -> Seen:
    return Seen.of_session(
        {
            "id": "cs_1",
            "object": "checkout.session",
            "status": status,
            "payment_status": payment_status,
            "payment_intent": intent,
        }
    )


def intent(status: str, charge: Shown | str | None = None) -> dict[str, Any]:
    return {"id": "pi_1", "object": "payment_intent", "status": status, "latest_charge": charge}


def charge(status: str, *, captured: bool = True) -> dict[str, Any]:
    return {
        "id": "ch_1",
        "object": "charge",
        "status": status,
        "paid": status == "succeeded",
        "captured": captured,
        "amount": 1000,
        "currency": "eur",
        "payment_intent": "pi_1",
        "balance_transaction": None,
    }


PAID, NEEDED = PayState.PAID, "requires_payment_method"
SEEN: list[tuple[str, list[Seen]]] = [
    (
        "charge `succeeded` and captured",
        [
            session("complete", "paid", intent("succeeded", charge("succeeded"))),
            session("open", "unpaid", intent("processing", charge("succeeded"))),
            Seen.of_intent(intent("succeeded", charge("succeeded"))),
        ],
    ),
    (
        "intent `requires_capture`",
        [session("complete", "unpaid", intent("requires_capture", charge("succeeded", captured=False)))],
    ),
    (
        "intent `succeeded`",
        [
            session("complete", "paid", "pi_1"),
            session("complete", "paid", intent("succeeded", "ch_1")),
            Seen.of_intent(intent("succeeded", None)),
        ],
    ),
    ("session `expired`", [session("expired"), session("expired", "unpaid", intent("canceled"))]),
    (
        "intent `canceled`",
        [
            session("open", "unpaid", intent("canceled")),
            session("complete", "unpaid", intent("canceled", charge("failed"))),
            Seen.of_intent(intent("canceled")),
        ],
    ),
    (
        "intent `processing`",
        [
            session("complete", "unpaid", intent("processing", charge("pending"))),
            session("open", "unpaid", intent("processing", charge("pending"))),
            Seen.of_intent(intent("processing", "ch_1")),
        ],
    ),
    ("session `open`, no attempt yet", [session("open")]),
    ("session `open`, intent `requires_payment_method`", [session("open", "unpaid", intent(NEEDED, charge("failed")))]),
    ("session `open`, intent `requires_confirmation`", [session("open", "unpaid", intent("requires_confirmation"))]),
    ("session `open`, intent `requires_action`", [session("open", "unpaid", intent("requires_action"))]),
    ("session `complete`, `payment_status` `no_payment_required`", [session("complete", "no_payment_required")]),
    (
        "session `complete` and `unpaid`, intent `requires_payment_method`",
        [
            session("complete", "unpaid", intent(NEEDED, charge("failed"))),
            session("complete", "unpaid", intent(NEEDED)),
        ],
    ),
    (
        "session `complete` and `unpaid`, intent `requires_action`",
        [
            session("complete", "unpaid", intent("requires_action")),
            session("complete", "unpaid", intent("requires_confirmation")),
        ],
    ),
    ("session `complete` and `unpaid`, intent not shown", [session("complete", "unpaid", "pi_1")]),
    (
        "no session, intent",
        [Seen.of_intent(intent(one)) for one in (NEEDED, "requires_confirmation", "requires_action")],
    ),
    (
        "anything else",
        [
            session("paused"),
            session("complete", "unpaid", intent("a state of a later version")),
            Seen.of_intent({}),
            Seen.of_session({"id": "cs_1", "status": None}),
        ],
    ),
]
CASES = [pytest.param(i, seen, id=f"{name}-{j}") for i, (name, all_) in enumerate(SEEN) for j, seen in enumerate(all_)]


def test_every_row_of_the_states_has_a_case() -> None:
    assert len(SEEN) == len(STATES)
    assert [row.seen for row, (name, _) in zip(STATES, SEEN, strict=True) if not row.seen.startswith(name)] == []


@pytest.mark.parametrize(("row", "seen"), CASES)
async def test_what_is_seen_becomes_what_its_row_says(stage: Stage, row: int, seen: Seen) -> None:
    assert next(i for i, one in enumerate(STATES) if one.matches(seen)) == row
    state = state_of(seen)
    payment, _ = await opened(stage)
    async with stage.database.write("test") as write:
        locked = await payment_frame.lock(write, payment.id)
        again = await payment_progress.follow(write, locked, seen, because=verbatim("seen by the test"))
    after = await stage.payment(payment.id)
    assert after.status == (BECOMES[state].payment or "pending")
    wait = again - stage.clock.now() if again is not None else None
    assert (
        wait
        == {
            PayState.PAID: timedelta(minutes=1),
            PayState.CHARGE_UNSEEN: timedelta(seconds=15),
            PayState.OPEN: UNPAID_CHECK,
            PayState.UNDER_WAY: DEBIT_CHECK,
            PayState.EXPIRED: None,
            PayState.FAILED: None,
            PayState.ODD: DEBIT_CHECK,
        }[state]
    )
    assert (await findings(stage) == ["payment_odd"]) == (state is PayState.ODD)
    assert (after.checkout_url is None) == (after.status != "pending")


@pytest.mark.parametrize(("row", "seen"), CASES)
async def test_a_payment_never_goes_back(stage: Stage, row: int, seen: Seen) -> None:
    payment, _ = await opened(stage)
    stage.sandbox.add_fault("webhook_lost", event="*", times=None)
    async with stage.database.write("test") as write:
        locked = await payment_frame.lock(write, payment.id)
        await payment_progress.fail(write, locked.payment, because=verbatim("the bank did not pay"))
        await payment_progress.follow(write, locked, seen, because=verbatim("late news"))
        assert locked.payment.status == ("succeeded" if state_of(seen) is PAID else "failed"), row


def test_every_event_that_is_heard_stands_in_the_table() -> None:
    heard = {row.type for row in EVENTS if row.is_heard}
    ours = {type for type in HANDLERS if type.startswith(("charge.", "checkout.", "payment_intent."))}
    assert heard == {type for type in ours if not type.startswith("charge.dispute.")}
    assert len({row.type for row in EVENTS}) == len(EVENTS)


LOOKED_AT = "looked at"
UNMOVED = ("pending", "processing")
SAYS: dict[str, tuple[Seen | Shown, tuple[str, str]]] = {
    # Event → its object, and what becomes of a payment that is pending, and of one that is processing.
    "checkout.session.completed": (session("complete", "unpaid", "pi_1"), ("processing", "processing")),
    "checkout.session.async_payment_succeeded": (session("complete", "paid", "pi_1"), (LOOKED_AT, LOOKED_AT)),
    "checkout.session.async_payment_failed": (session("complete", "unpaid", "pi_1"), ("failed", "failed")),
    "checkout.session.expired": (session("expired"), ("expired", "processing")),
    "payment_intent.created": (intent(NEEDED), UNMOVED),
    "payment_intent.requires_action": (intent("requires_action"), UNMOVED),
    "payment_intent.processing": (intent("processing"), (LOOKED_AT, "processing")),
    "payment_intent.partially_funded": (intent("requires_action"), UNMOVED),
    "payment_intent.amount_capturable_updated": (intent("requires_capture"), (LOOKED_AT, LOOKED_AT)),
    "payment_intent.payment_failed": (intent(NEEDED), ("pending", LOOKED_AT)),
    "payment_intent.canceled": (intent("canceled"), (LOOKED_AT, LOOKED_AT)),
    "payment_intent.succeeded": (
        {**intent("succeeded", "ch_1"), "amount_received": 1000, "currency": "eur"},
        ("succeeded", "succeeded"),
    ),
    "charge.pending": (charge("pending"), UNMOVED),
    "charge.succeeded": (charge("succeeded"), ("succeeded", "succeeded")),
    "charge.updated": (charge("succeeded"), ("succeeded", "succeeded")),
    "charge.captured": (charge("succeeded"), ("succeeded", "succeeded")),
    "charge.failed": (charge("failed"), UNMOVED),
    "charge.expired": (charge("succeeded", captured=False), (LOOKED_AT, LOOKED_AT)),
    "charge.refunded": (charge("succeeded"), (LOOKED_AT, LOOKED_AT)),
    "charge.refund.updated": (
        {"id": "re_1", "object": "refund", "charge": "ch_1", "payment_intent": "pi_1", "status": "succeeded"},
        (LOOKED_AT, LOOKED_AT),
    ),
}


def test_every_row_of_the_events_has_a_case() -> None:
    assert SAYS.keys() == {row.type for row in EVENTS}


@pytest.mark.parametrize("before", ["pending", "processing"])
@pytest.mark.parametrize("type", SAYS)
async def test_an_event_does_what_its_row_says(stage: Stage, type: str, before: str) -> None:
    payment, made = await opened(stage)
    if before == "processing":
        async with stage.database.write("test") as write:
            locked = await payments.lock(write, payment.id)
            await payment_progress.under_way(write, locked, because=verbatim("the buyer is done"))
    said, (from_pending, from_processing) = SAYS[type]
    seen = dict(said.session) if isinstance(said, Seen) else dict(said)
    if seen["object"] == "checkout.session":
        seen["id"] = made.id
    await receive(stage, payment, type, seen)
    after = await stage.payment(payment.id)
    expected = from_pending if before == "pending" else from_processing
    is_due = after.check_at is not None and after.check_at <= stage.clock.now()
    if expected == LOOKED_AT:
        assert (after.status, is_due) == (before, True)
    else:
        assert (after.status, is_due and after.status != "succeeded") == (expected, False)


async def receive(stage: Stage, payment: Payment, type: str, seen: dict[str, Any]) -> None:
    """A webhook about this payment, signed."""
    event = {
        "id": f"evt_{type}",
        "object": "event",
        "type": type,
        "created": int(stage.clock.now().timestamp()),
        "livemode": False,
        "data": {"object": {**seen, "metadata": {"veza_payment": str(payment.id)}}},
        "request": None,
    }
    body = json.dumps(event).encode()
    state = await stage.money.inbox.receive(body, sign_payload(SECRET, body, int(stage.clock.now().timestamp())))
    assert state in ("handled", "ignored")
