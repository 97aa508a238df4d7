"""An event about an object that cannot be read is told, changes nothing, and is not tried again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.money.acts import refunded
from tests.pseudo_language import plain
from veza.kit.messages import verbatim
from veza.lab.simulator.stage import Stage
from veza.money.findings import Finding, FindingKind, report
from veza.money.odd_objects import oddity
from veza.money.payments import Payment
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import WebhookEvent

Obj = dict[str, Any]


@pytest.mark.parametrize(
    ("type_", "change"),
    [
        ("transfer.created", {"id": []}), ("transfer.updated", {"amount": "much"}), ("refund.created", {"id": {}}),
        ("refund.updated", {"amount": -5}), ("refund.failed", {"failure_reason": "\ud800"}),
        ("transfer.reversed", {"description": "a\0b"}), ("charge.updated", {"id": {}}),
        ("charge.succeeded", {"amount": "1"}),
    ],
)  # fmt: skip
async def test_an_event_of_an_object_that_cannot_be_read_is_told_and_changes_nothing(
    any_stage: Stage, type_: str, change: Obj
) -> None:
    await refunded(any_stage, 400)
    await any_stage.settle()
    world = any_stage.sandbox.world
    table = {"transfer": world.transfers, "refund": world.refunds, "charge": world.charges}[type_.partition(".")[0]]
    seen = {**next(iter(table.rows.values())), **change}
    before = [await rows_as_they_are(any_stage, model) for model in (Payment, SellerTransfer, Refund, TransferReversal)]
    event = {"id": "evt_odd", "object": "event", "type": type_, "created": 1, "data": {"object": seen}}
    (state,) = await any_stage.money.inbox.accept([(event, json.dumps(event))], source="webhook")
    assert state == "handled"
    after = [await rows_as_they_are(any_stage, model) for model in (Payment, SellerTransfer, Refund, TransferReversal)]
    assert after == before
    (told,) = [plain(one.message) for one in await any_stage.all(Finding) if one.kind == "odd_object"]
    assert "cannot be read" in told


async def rows_as_they_are(stage: Stage, model: type) -> list[Obj]:
    return [{name: getattr(row, name) for name in row.__mapper__.columns.keys()} for row in await stage.all(model)]  # noqa: SIM118


def test_a_text_that_only_names_the_character_nul_can_be_read() -> None:
    seen = {"id": "re_1", "amount": 5, "currency": "eur", "metadata": {"note": "C:\\u0000 and \\\\u0000"}}
    assert oddity(seen) is None
    assert oddity({**seen, "metadata": {"note": "\0"}}) is not None


async def test_a_finding_quotes_what_no_database_stores_as_an_escape(any_stage: Stage) -> None:
    async with any_stage.database.write("test") as session:
        await report(session, FindingKind.ODD_OBJECT, "evt_\ud800", verbatim("it is \0"), mend=verbatim("look at it"))
    (told,) = await any_stage.all(Finding)
    assert (told.subject, plain(told.message)) == ("evt_\\ud800", "it is \\x00")


async def test_an_event_with_half_a_surrogate_pair_beside_a_buyers_address_is_kept(any_stage: Stage) -> None:
    seen = {"object": "charge", "id": "ch_1", "billing_details": {"name": "Anna"}, "description": "\ud800"}
    event = {"id": "evt_half", "object": "event", "type": "charge.updated", "created": 1, "data": {"object": seen}}
    assert await any_stage.money.inbox.accept([(event, json.dumps(event))], source="webhook") == ["ignored"]
    (kept,) = await any_stage.all(WebhookEvent)
    assert json.loads(kept.payload)["data"]["object"] == {**seen, "billing_details": None}
