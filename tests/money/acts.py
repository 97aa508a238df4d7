"""Scenes that many tests begin with, and what of the provider they look at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from veza.kit import worker
from veza.kit.moves import StatusChange
from veza.lab.sandbox.errors import ApiError
from veza.lab.simulator.stage import Stage
from veza.money.attempts import ProviderAttempt
from veza.money.findings import Finding
from veza.money.operator import retry_transfer
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer

REVERSING = r"/reversals$"
SENDING = r"^/v1/transfers$"
REFUNDING = r"^/v1/refunds$"

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@asynccontextmanager
async def balanced_stage(url: str, **how: Any) -> AsyncIterator[Stage]:
    """A stage as `Stage.open` opens it, whose books must balance when the block ends."""
    stage = await Stage.open(url, **how)
    try:
        yield stage
        broken = await stage.violations()
    finally:
        await stage.close()
    assert broken == []


async def refunded(
    stage: Stage, amount_minor: int = 1000, lines: Sequence[tuple[str, int]] = (("anna", 1000),), **sale: Any
) -> UUID:
    """Sold, paid out, and refunded at the provider; the reversals wait for their worker. Returns the payment."""
    payment_id = await stage.sold(lines, **sale)
    await stage.refund(payment_id, amount_minor, currency=sale.get("currency", "EUR"))
    await worker.run_once(stage.money.refund_worker)
    return payment_id


async def reverse_once(stage: Stage) -> int:
    """One round of the reversal worker; how many rows it claimed."""
    return await worker.run_once(stage.money.reversal_worker)


async def send_once(stage: Stage) -> int:
    return await worker.run_once(stage.money.transfer_worker)


async def refund_once(stage: Stage) -> int:
    return await worker.run_once(stage.money.refund_worker)


async def retry(stage: Stage, transfer_id: UUID, reason: str = "asked by the seller") -> None:
    """An operator tries a given-up transfer again."""
    async with stage.database.write("olga") as session:
        await retry_transfer(session, transfer_id, reason)


async def transfer(stage: Stage, **by: Any) -> SellerTransfer:
    row: SellerTransfer = await stage.one(SellerTransfer, **by)
    return row


async def reversal(stage: Stage, **by: Any) -> TransferReversal:
    row: TransferReversal = await stage.one(TransferReversal, **by)
    return row


async def attempts(stage: Stage, kind: str) -> list[ProviderAttempt]:
    return await stage.all(ProviderAttempt, kind=kind)


async def meanings(stage: Stage, kind: str) -> list[str]:
    """What each answer of the provider to attempts of this kind meant, oldest first."""
    return [attempt.meaning for attempt in await attempts(stage, kind)]


async def history(stage: Stage, row_id: UUID) -> list[str]:
    """The statuses a row went through, oldest first."""
    return [change.target for change in await stage.all(StatusChange, row_id=row_id)]


async def findings(stage: Stage) -> list[str]:
    """The kinds of the findings that are open."""
    return [str(one.kind) for one in await stage.all(Finding) if one.resolved_at is None]


async def set_columns(stage: Stage, model: type[Any], row_id: UUID, **columns: Any) -> None:
    """Change a row behind the module's back, as an import or an earlier version would have left it."""
    async with stage.database.write("test") as session:
        await session.execute(update(model).where(model.id == row_id).values(**columns))


def reversed_there(stage: Stage) -> list[int]:
    """The amounts of all reversals at the provider."""
    return [row["amount"] for row in stage.sandbox.world.reversals.rows.values()]


def sent_there(stage: Stage) -> list[int]:
    return [row["amount"] for row in stage.sandbox.world.transfers.rows.values()]


def refunded_there(stage: Stage) -> list[int]:
    return [row["amount"] for row in stage.sandbox.world.refunds.rows.values()]


def posts(stage: Stage) -> int:
    """How many requests the provider was sent."""
    return stage.sandbox.log.requests


async def open_findings(stage: Stage) -> dict[str, str]:
    """Subject → kind of the findings that are open."""
    return {one.subject: one.kind for one in await stage.all(Finding) if one.resolved_at is None}


def tried(what: Callable[[], object]) -> None:
    """Do something at the sandbox, unless it would refuse it to all."""
    with suppress(ApiError, ValueError):
        what()
