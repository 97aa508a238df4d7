"""Races that dice would find once in a hundred thousand runs, arranged: a request overtaken by its successor."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select

from veza.kit.database import table_of
from veza.lab.sandbox.wire import Request
from veza.lab.simulator import buyers, people
from veza.lab.simulator.ground import rows_of
from veza.lab.simulator.processes import Process
from veza.lab.simulator.run import Run
from veza.money.attempts import key_of
from veza.money.discoveries import our_id
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer

KINDS: tuple[tuple[str, Any, str], ...] = (
    ("transfer", SellerTransfer, r"^/v1/transfers$"),
    ("reversal", TransferReversal, r"/reversals$"),
)
STRAYS: tuple[tuple[str, Any, str, bytes], ...] = (
    ("transfer", SellerTransfer, "/v1/transfers", b"amount=1&currency=eur&destination=acct_unknown"),
    ("refund", Refund, "/v1/refunds", b"charge=ch_unknown"),
    ("reversal", TransferReversal, "", b"amount=99999999999"),
)
LEASE_ENDS = timedelta(seconds=130)


async def overtaken(run: Run, dice: Random) -> str | None:
    """A request is held up on its way; the next attempt is refused; its intent is dropped; then it arrives."""
    kind, model, path = dice.choice(KINDS)
    await _make_due(run, dice, kind)
    row_id = await _held_up(run, run.processes[0], kind)
    if row_id is None:
        return None
    await run.pass_time(LEASE_ENDS)
    run.sandbox.add_fault("refused", path=path, method="POST", times=1)
    await run.let_work(run.processes[1])
    ((payment_id,),) = await rows_of(run.engine, select(model.payment_id).where(model.id == row_id))
    if kind == "transfer":
        await people.refund_whole(run, payment_id)
    else:
        _refunds_fail(run, payment_id)
    await run.let_work(run.processes[1])
    return f"the request of {kind} {row_id} is held up, and overtaken by a refusal"


async def stray_key(run: Run, dice: Random) -> str | None:
    """A bug elsewhere: another program uses the key of a row of ours for another request, which is refused."""
    kind, model, path, body = dice.choice(STRAYS)
    await _make_due(run, dice, kind)
    unsent = select(table_of(model)).where(
        model.next_retry_at.is_not(None), model.first_sent_at.is_(None), model.unanswered.is_(False)
    )
    found = await rows_of(run.engine, unsent.order_by(model.id))
    if not found:
        return None
    row = dice.choice(found)
    if kind == "reversal":
        sent = select(SellerTransfer.stripe_transfer_id).where(SellerTransfer.id == row.transfer_id)
        ((transfer,),) = await rows_of(run.engine, sent)
        if transfer is None:
            return None
        path = f"/v1/transfers/{transfer}/reversals"
    key = key_of(kind, row.id, row.key_generation)
    headers = {"authorization": "Bearer sk_test_other", "idempotency-key": key}
    run.sandbox.handle(Request("POST", path, "", headers, body))
    return f"the key of {kind} {row.id} is used for something else"


async def _make_due(run: Run, dice: Random, kind: str) -> None:
    """If no row of this kind waits to be carried out, let one come about."""
    if kind not in await run.due_workers():
        await (buyers.sell if kind == "transfer" else people.refund_part)(run, dice)
        if kind != "refund":
            await run.let_work(run.processes[1], but=kind)


async def _held_up(run: Run, process: Process, kind: str) -> UUID | None:
    """Let `process` claim one row and stop it just before its request leaves; the row's id."""
    process.start(kind, 1)
    claiming = run.scheduler.jobs[-1]
    await run.scheduler.finish(claiming)
    sends = f"{process.name} {kind} "
    for job in run.scheduler.jobs:
        if job.name.startswith(sends) and not job.has_begun and "claim" not in job.name:
            await run.scheduler.turn(job)
            return UUID(job.name.split()[-1])
    return None


def _refunds_fail(run: Run, payment_id: UUID) -> None:
    world = run.sandbox.world
    for refund in list(world.refunds.rows.values()):
        if our_id(world.charges.rows[refund["charge"]], "veza_payment") == payment_id:
            run.sandbox.fail_refund(refund["id"])
