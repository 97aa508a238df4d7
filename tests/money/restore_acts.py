"""Orders before and after a backup, putting it back, and what the provider says each seller holds."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from tests import factories
from veza.lab.simulator import backups
from veza.lab.simulator.stage import Stage
from veza.money.facade import Money
from veza.money.payments import Payment
from veza.money.provider_account import ProviderAccount


async def ordered(stage: Stage, lines: list[tuple[str, int]]) -> Payment:
    """An order whose pay page is open."""
    return await factories.payment(stage.database, lines)


def pay(stage: Stage, payment: Payment) -> str:
    """The buyer pays; returns the charge."""
    about = {"transfer_group": str(payment.id), "metadata": {"veza_payment": str(payment.id)}}
    return str(stage.sandbox.take_payment(payment.amount_minor, "eur", card="4242424242424242", **about)["id"])


async def restore(stage: Stage, backup: backups.Backup) -> None:
    """Stop, put the backup back, start."""
    await backups.put_back(stage.database.engine, backup)
    stage.money = Money(stage.database, stage.money.gateway, stage.money.rules)


def held_by_sellers(stage: Stage) -> Counter[tuple[str, str]]:
    """(payment, account) → what the provider says the seller holds of it."""
    held: Counter[tuple[str, str]] = Counter()
    for one in stage.sandbox.world.transfers.rows.values():
        held[one["transfer_group"], one["destination"]] += one["amount"] - one["amount_reversed"]
    return held


async def account_row(stage: Stage) -> ProviderAccount:
    async with stage.database.read() as session:
        return (await session.scalars(select(ProviderAccount))).one()
