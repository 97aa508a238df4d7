"""PostgreSQL is restarted under a real server and a real worker that sell and refund: nothing ends, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.ops.postgres_site import DATABASE, Load, Site, own_server, running
from tests.own_postgres import OwnPostgres
from tests.waiting import until
from veza.money.attempts import STILL_RUNNING

__all__ = ["own_server"]
BUYERS = 3


@contextmanager
def fast(server: OwnPostgres) -> Iterator[None]:
    server.stop("fast")
    yield
    server.start()


@contextmanager
def immediate(server: OwnPostgres) -> Iterator[None]:
    server.stop("immediate")
    yield
    server.start()


@contextmanager
def crash(server: OwnPostgres) -> Iterator[None]:
    server.crash()
    yield
    server.start()


@contextmanager
def hanging(server: OwnPostgres) -> Iterator[None]:
    with server.frozen():
        yield


@contextmanager
def refusing(server: OwnPostgres) -> Iterator[None]:
    with server.refusing(DATABASE):
        yield


@contextmanager
def sessions_ended(server: OwnPostgres) -> Iterator[None]:
    server.end_sessions()
    yield
    server.end_sessions()


KINDS: tuple[Callable[[OwnPostgres], Any], ...] = (sessions_ended, fast, immediate, crash, refusing, hanging)


async def test_postgresql_comes_back_after_every_kind_of_end_and_the_money_agrees_without_help(
    postgres: OwnPostgres, tmp_path: Path
) -> None:
    async with running(postgres, tmp_path) as site:
        load, stop = site.load, asyncio.Event()
        buyers = [asyncio.create_task(load.buy_and_refund(stop)) for _ in range(BUYERS)]
        for kind in KINDS:
            await _sold_more(load, buyers)
            before = load.statuses[503]
            away = kind(postgres)
            await asyncio.to_thread(away.__enter__)
            try:
                if kind is not sessions_ended:
                    await until(
                        lambda before=before: load.statuses[503] > before, f"a 503 while {kind.__name__}", within=90
                    )
            finally:
                await asyncio.to_thread(away.__exit__, None, None, None)
        await _sold_more(load, buyers)
        stop.set()
        await asyncio.gather(*buyers)
        assert load.unexpected == []
        await _settled(site)
        for process in (site.server, site.worker):
            assert process.running.poll() is None, f"{process.name} ended: {process.last_words()}"
        assert (await site.money("check"))[1]["violations"] == []
        failed = [line for line in site.logs() if line["level"] in ("error", "critical")]
        assert failed == [], "a restart is a warning, not a mistake of ours"
        assert await site.server.stop() == 0
        assert await site.worker.stop() == 0


def _may_be_alive_and_is_unwanted(row: dict[str, Any]) -> bool:
    """Whether the share was looked up, was not at the provider, and waits for the end of STILL_RUNNING."""
    if not (row["unanswered"] and row["unwanted_at"] and row["next_retry_at"]):
        return False
    sent, due = (datetime.fromisoformat(row[name]) for name in ("last_sent_at", "next_retry_at"))
    return row["stripe_transfer_id"] is None and due - sent == STILL_RUNNING


async def _sold_more(load: Load, buyers: list[asyncio.Task[None]]) -> None:
    """Wait until a buyer pays and gets something back again: the site works."""
    wanted = load.refunded + 1
    await until(
        lambda: load.refunded >= wanted or any(buyer.done() for buyer in buyers), "more sales and refunds", within=90
    )
    for buyer in buyers:
        if buyer.done():
            buyer.result()


async def _settled(site: Site) -> None:
    """Wait until nothing is under way and the provider agrees; nothing is applied, handled or tried by hand.

    A share whose claim was committed while the connection ended was never sent, which the worker cannot know. When its
    sale was refunded meanwhile, it waits until its request cannot be alive: ten minutes, more than this test has.
    `tests/money/test_trouble.py` holds what follows.
    """
    seen: list[Any] = []

    async def at_rest() -> bool:
        code, said = await site.money("reconcile", "--since", "1h")
        transfers = (await site.money("list", "transfers", "--limit", "1000"))[1]["items"]
        waiting = [
            row
            for row in transfers
            if row["status"] not in ("completed", "reversed", "canceled") and not _may_be_alive_and_is_unwanted(row)
        ]
        seen[:] = said, waiting[:3]
        return code == 0 and not waiting

    await until(at_rest, lambda: f"everything to be settled: {seen}", every=1, within=120)
