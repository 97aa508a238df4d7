"""Every move of every machine is one of money.md's, every other pair is forbidden, and only one writer wins."""

from __future__ import annotations

from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from tests.money.acts import refunded, reversal, set_columns, transfer
from veza.kit.messages import verbatim
from veza.kit.moves import ForbiddenMove, Machine, Stale, StatusChange
from veza.lab.simulator.stage import Stage
from veza.money import disputes, payments, refunds, reversals, transfers
from veza.money.disputes import Dispute
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer

MACHINES: tuple[Machine[Any], ...] = (
    payments.machine,
    refunds.machine,
    disputes.machine,
    transfers.machine,
    reversals.machine,
)

# The table “States of a seller transfer” of the specification, row by row.
TRANSFER_MOVES = {
    *product(("pending", "failed"), ("completed",)),
    ("pending", "failed"),
    *product(("pending", "failed"), ("permanently_failed",)),
    ("permanently_failed", "failed"),
    *product(("pending", "failed", "permanently_failed"), ("canceled",)),
    *product(("permanently_failed", "canceled"), ("completed",)),
    ("completed", "reversal_pending"),
    ("completed", "reversed"),
    ("reversal_pending", "reversed"),
    ("reversal_pending", "completed"),
    ("reversal_pending", "permanently_failed"),
    ("permanently_failed", "reversal_pending"),
    *product(("permanently_failed",), ("reversed", "completed")),
}


def test_the_transfers_moves_are_exactly_those_of_the_specification() -> None:
    assert {(move.source, move.target) for move in transfers.MOVES} == TRANSFER_MOVES


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_a_machines_moves_are_unique_known_and_explained(machine: Machine[Any]) -> None:
    pairs = [(move.source, move.target) for move in machine.moves]
    assert len(pairs) == len(set(pairs))
    for move in machine.moves:
        assert {move.source, move.target} <= set(machine.statuses)
        assert move.source != move.target
        assert move.when
        assert move.who
    reachable = {move.target for move in machine.moves} | {"pending", "requested", "open"}
    assert set(machine.statuses) <= reachable


FINAL = {"payment": {"succeeded"}, "refund": {"failed", "canceled"}, "dispute": set[str]()}


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_statuses_nothing_leads_out_of_are_the_known_ones(machine: Machine[Any]) -> None:
    final = set(machine.statuses) - {move.source for move in machine.moves}
    assert final == FINAL.get(machine.name, {"reversed"} if machine.name == "transfer" else {"succeeded"})


class Row:
    """A row of any machine, in any status."""

    def __init__(self, status: str) -> None:
        self.id, self.status, self.attempt, self.payment_id = uuid4(), status, 0, uuid4()


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
async def test_every_pair_without_a_move_is_forbidden_and_every_move_is_tried(
    stage: Stage, machine: Machine[Any]
) -> None:
    allowed = {(move.source, move.target) for move in machine.moves}
    async with stage.database.write() as session:
        for source, target in product(machine.statuses, machine.statuses):
            # An allowed move gets as far as the table, and finds no such row there.
            expected = Stale if (source, target) in allowed else ForbiddenMove
            with pytest.raises(expected):
                await machine.move(session, Row(source), target, because=verbatim("walk"))
    assert not [change for change in await stage.all(StatusChange) if change.because == "walk"]


async def test_a_stale_move_changes_nothing(stage: Stage) -> None:
    await refunded(stage)
    mine, theirs = await transfer(stage), await transfer(stage)
    async with stage.database.write("theirs") as session:
        await transfers.move(session, theirs, "reversed", because=verbatim("theirs came first"))
    before = await stage.all(StatusChange)
    with pytest.raises(Stale, match="is no longer reversal_pending at attempt 1: another request was first"):
        async with stage.database.write("mine") as session:
            await transfers.move(session, mine, "completed", because=verbatim("mine came second"), sent_minor=1)
    assert len(await stage.all(StatusChange)) == len(before)
    row = await transfer(stage)
    assert (row.status, row.sent_minor) == ("reversed", 900)
    await set_columns(stage, SellerTransfer, row.id, status="reversal_pending")


async def test_a_move_is_fenced_by_the_attempt(stage: Stage) -> None:
    await refunded(stage)
    mine = await reversal(stage)
    await set_columns(stage, TransferReversal, mine.id, attempt=7)
    for change in (
        lambda session: reversals.move(session, mine, "canceled", because=verbatim("late")),
        lambda session: reversals.machine.update(session, mine, retry_count=3),
    ):
        with pytest.raises(Stale):
            async with stage.database.write() as session:
                await change(session)
    row = await reversal(stage)
    assert (row.status, row.retry_count) == ("pending", 0)


async def test_update_does_not_write_a_status(stage: Stage) -> None:
    await refunded(stage)
    row = await transfer(stage)
    async with stage.database.write() as session:
        with pytest.raises(TypeError, match="update does not write a status"):
            await transfers.machine.update(session, row, status="completed")


async def test_a_move_is_remembered_with_who_when_and_why(stage: Stage) -> None:
    await refunded(stage)
    await stage.settle()
    changes = await stage.all(StatusChange, row_id=(await transfer(stage)).id)
    last = changes[-1]
    assert (last.source, last.target, last.by, last.at) == (
        "reversal_pending", "reversed", "reversal worker", stage.clock.now()
    )  # fmt: skip
    assert (last.provider_request_id or "").startswith("req_")
    assert changes[0].source is None


@pytest.mark.parametrize("model", [SellerTransfer, TransferReversal, refunds.Refund, payments.Payment, Dispute])
async def test_the_database_refuses_an_unknown_status(stage: Stage, model: type[Any]) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    await stage.refund(payment_id, 400)
    await stage.settle()
    stage.sandbox.open_dispute((await stage.payment(payment_id)).stripe_charge_id or "", 100)
    await stage.settle()
    row = (await stage.all(model))[0]
    with pytest.raises(IntegrityError, match=r"status_known|failed_step_goes_with"):
        await set_columns(stage, model, row.id, status="lost")
