"""PostgreSQL is set back to a backup under a running server and a running worker: no seller is paid twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ops.postgres_site import DATABASE, SELLERS, Site, own_server, running
from tests.own_postgres import OwnPostgres
from tests.waiting import until

__all__ = ["own_server"]
WAYS: tuple[Callable[[OwnPostgres, str, Path], None], ...] = (OwnPostgres.restore, OwnPostgres.restore_in_place)


@pytest.mark.parametrize("restore", WAYS, ids=lambda way: way.__name__)
async def test_a_database_set_back_under_running_processes_pays_each_seller_once(
    postgres: OwnPostgres, tmp_path: Path, restore: Callable[[OwnPostgres, str, Path], None]
) -> None:
    async with running(postgres, tmp_path) as site:
        load = site.load
        early = await load.order(1000)
        await load.pay(early)
        await until(lambda: _shares(site, early) == 2, "the first sale's shares", within=90)
        page_open = await load.order(2000)
        backup = await asyncio.to_thread(postgres.dump, DATABASE)

        await load.pay(page_open)
        await load.refund(early, 1000)
        lost = await load.order(3000)
        await load.pay(lost)
        await until(lambda: len(site.at_provider("transfers")) == 6, "all shares, and one part back", within=90)
        await until(lambda: len(site.at_provider("reversals")) == 2, "both sellers' shares of the refund", within=90)
        charge = (await load.payment(lost))["stripe_charge_id"]
        await asyncio.to_thread(restore, postgres, DATABASE, backup)

        later = await load.order(4000)
        await load.pay(later)
        await until(lambda: _shares(site, later) == 2, "the shares of a sale after the restore", within=90)
        await _settled(site, {page_open["id"], early["id"], later["id"]})

        paid = Counter((one["transfer_group"], one["destination"]) for one in site.at_provider("transfers"))
        assert set(paid.values()) == {1}, paid
        assert len(paid) == 4 * len(SELLERS)
        assert Counter(one["amount"] for one in site.at_provider("reversals")) == {450: 2}
        found = (await site.money("list", "findings"))[1]["items"]
        named = {one["subject"]: one["message"] for one in found if one["kind"] == "missing_here"}
        assert lost["id"] in named[charge]
        assert (await site.money("check"))[1]["violations"] == []
        for process in (site.server, site.worker):
            assert await process.stop() == 0, process.last_words()


def _shares(site: Site, payment: Any) -> int:
    return sum(one["transfer_group"] == payment["id"] for one in site.at_provider("transfers"))


async def _settled(site: Site, payments: set[str]) -> None:
    """Wait until these payments' transfers and reversals are all known here and at rest."""

    async def seen() -> list[tuple[str, int]]:
        items = (await site.money("list", "transfers", "--limit", "100"))[1]["items"]
        return sorted((one["status"], one["reversed_minor"]) for one in items if one["payment_id"] in payments)

    wanted = sorted([("completed", 450)] * 2 + [("completed", 0)] * 4)
    rows: list[tuple[str, int]] = []

    async def at_rest() -> bool:
        rows[:] = await seen()
        return rows == wanted

    def words() -> str:
        return f"rest, not {rows}; server: {site.server.last_words()}; worker: {site.worker.last_words()}"

    await until(at_rest, words, every=0.5, within=90)
