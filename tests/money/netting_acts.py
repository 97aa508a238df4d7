"""Debts of sellers and shares that may pay them, as tests of netting need them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from tests.money.acts import REVERSING
from veza.kit import worker
from veza.lab.simulator.stage import Stage
from veza.money import ledger, nettings, payment_frame
from veza.money.ledger import Account
from veza.money.transfers import SellerTransfer


async def owing(stage: Stage, seller: str, gross_minor: int) -> UUID:
    """A sale that was refunded, of which the seller's share could not be taken back: 90 % of it is their debt."""
    payment_id = await stage.sold([(seller, gross_minor)])
    await refunded_in_vain(stage, payment_id, gross_minor)
    return payment_id


async def refunded_in_vain(stage: Stage, payment_id: UUID, gross_minor: int) -> None:
    rule = stage.sandbox.add_fault("refused", path=REVERSING)
    await stage.refund(payment_id, gross_minor)
    await stage.settle()
    stage.sandbox.clear_faults(rule["id"])


async def rows(stage: Stage, model: type, payment_id: UUID) -> Sequence:
    async with stage.database.read() as session:
        return (await session.scalars(select(model).where(model.payment_id == payment_id).order_by(model.id))).all()


async def balance(stage: Stage, payment_id: UUID, account: Account) -> int:
    async with stage.database.read() as session:
        return (await ledger.balances(session, payment_id))[account]


def at_the_provider(stage: Stage, payment_id: UUID) -> list[int]:
    return [
        one["amount"] - one["amount_reversed"]
        for one in stage.sandbox.world.transfers.rows.values()
        if one["transfer_group"] == str(payment_id)
    ]


async def unsent_share(stage: Stage, gross_minor: int) -> tuple[UUID, UUID]:
    """A sale whose share waits for the netting worker; its payment and its transfer."""
    sale = await stage.sell([("anna", gross_minor)])
    while await stage.deliver() + await worker.run_once(stage.money.inbox_worker):
        pass
    await worker.run_once(stage.money.check_worker)
    (share,) = await rows(stage, SellerTransfer, sale)
    return sale, share.id


async def keep(stage: Stage, sale: UUID, share: UUID) -> int:
    async with stage.database.write("test") as session:
        return await nettings.keep(session, await payment_frame.lock(session, sale), share)
