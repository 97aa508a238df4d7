"""What the database itself refuses, from every program: on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from tests.money.acts import set_columns
from veza.lab.simulator.stage import Stage
from veza.money.ledger import LedgerEntry
from veza.money.payments import Payment, PaymentLine
from veza.money.refunds import Refund
from veza.money.returns import LineReturn
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer


@pytest.fixture
async def stage_with_rows(any_stage: Stage) -> Stage:
    """Two payments with a transfer, a refund and a reversal each."""
    for _ in range(2):
        payment_id = await any_stage.sold([("anna", 1000)])
        await any_stage.refund(payment_id, 400)
        await any_stage.settle()
    return any_stage


IMPOSSIBLE: list[tuple[type[Any], dict[str, Any]]] = [
    (Payment, {"amount_minor": 0}),
    (PaymentLine, {"gross_minor": 999}),
    (PaymentLine, {"fee_minor": -1, "share_minor": 1001}),
    (Refund, {"amount_minor": 0}),
    (Refund, {"amount_minor": -1}),
    (Refund, {"origin": "nowhere"}),
    (Refund, {"retry_count": -1}),
    (SellerTransfer, {"sent_minor": 901}),
    (SellerTransfer, {"sent_minor": -1}),
    (SellerTransfer, {"share_minor": 0, "sent_minor": 0, "reversed_minor": 0}),
    (SellerTransfer, {"reversed_minor": 901}),
    (SellerTransfer, {"reversed_minor": -1}),
    (SellerTransfer, {"failed_step": "reversal"}),
    (SellerTransfer, {"status": "permanently_failed"}),
    (SellerTransfer, {"key_generation": 0}),
    (TransferReversal, {"amount_minor": 0}),
    (TransferReversal, {"surplus_minor": 361}),
    (TransferReversal, {"attempt": -1}),
    (LedgerEntry, {"amount_minor": 0}),
    (LedgerEntry, {"account": "pocket"}),
    (LineReturn, {"amount_minor": 0}),
]


async def test_impossible_values_are_refused(stage_with_rows: Stage) -> None:
    for model, columns in IMPOSSIBLE:
        row = (await stage_with_rows.all(model))[0]
        with pytest.raises(IntegrityError, match=r"(?i)check"):
            await set_columns(stage_with_rows, model, row.id, **columns)


UNIQUE: list[tuple[type[Any], str]] = [
    (Payment, "stripe_charge_id"),
    (Payment, "stripe_payment_intent_id"),
    (Refund, "stripe_refund_id"),
    (SellerTransfer, "stripe_transfer_id"),
    (TransferReversal, "stripe_reversal_id"),
]


async def test_a_providers_id_belongs_to_one_row(stage_with_rows: Stage) -> None:
    for model, column in UNIQUE:
        first, second = await stage_with_rows.all(model)
        with pytest.raises(IntegrityError, match=r"(?i)unique"):
            await set_columns(stage_with_rows, model, second.id, **{column: getattr(first, column)})


async def _copy_of(stage: Stage, row: TransferReversal, **changes: Any) -> None:
    async with stage.database.write() as session:
        table = TransferReversal.__table__
        values = dict((await session.execute(select(table).where(table.c.id == row.id))).mappings().one())
        await session.execute(insert(table), {**values, "id": uuid4(), "stripe_reversal_id": None, **changes})


async def test_one_cause_has_one_live_reversal_per_transfer(stage_with_rows: Stage) -> None:
    row = (await stage_with_rows.all(TransferReversal))[0]
    for status in ("pending", "succeeded", "permanently_failed"):
        with pytest.raises(IntegrityError, match=r"(?i)unique"):
            await _copy_of(stage_with_rows, row, status=status)
    await _copy_of(stage_with_rows, row, status="canceled")
    await _copy_of(stage_with_rows, row, status="canceled")


async def test_at_most_one_reversal_per_transfer_is_in_flight(stage_with_rows: Stage) -> None:
    payment_id = (await stage_with_rows.all(Payment))[0].id
    await stage_with_rows.refund(payment_id, 100)
    await stage_with_rows.refund(payment_id, 100)
    for _ in range(2):
        await stage_with_rows.money.refund_worker.work((await stage_with_rows.money.refund_worker.claim(1))[0])
    first, second = await stage_with_rows.all(TransferReversal, payment_id=payment_id, status="pending")
    await set_columns(stage_with_rows, TransferReversal, first.id, unanswered=True)
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        await set_columns(stage_with_rows, TransferReversal, second.id, unanswered=True)


async def test_a_fact_has_its_effect_on_a_line_once(stage_with_rows: Stage) -> None:
    row = (await stage_with_rows.all(LineReturn))[0]
    async with stage_with_rows.database.read() as session:
        table = LineReturn.__table__
        values = dict((await session.execute(select(table).where(table.c.id == row.id))).mappings().one())
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        async with stage_with_rows.database.write() as session:
            await session.execute(insert(table), {**values, "id": uuid4()})


async def test_a_refused_write_changes_nothing_else_in_its_transaction(stage_with_rows: Stage) -> None:
    first, second = await stage_with_rows.all(SellerTransfer)
    with pytest.raises(IntegrityError):
        await _half_done(stage_with_rows, first.id, second.id)
    assert (await stage_with_rows.all(SellerTransfer))[0].last_error is None


async def _half_done(stage: Stage, first: UUID, second: UUID) -> None:
    async with stage.database.write() as session:
        (await session.get_one(SellerTransfer, first)).last_error = "half done"
        await session.flush()
        (await session.get_one(SellerTransfer, second)).reversed_minor = 10_000
        await session.flush()
