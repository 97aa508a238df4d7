"""An allowance is spent try by try, by all processes together, and grows back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import pytest

from veza.kit import limits, refusals
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.limits import Limit, RateLimited

LIMIT = Limit("k", 3, timedelta(seconds=10))


async def tried(database: Database, key: str = "k", limit: Limit = LIMIT) -> int:
    """0 for a try that was open, else the seconds to wait."""
    try:
        async with database.write() as session:
            await limits.spend(session, limit.of(key))
    except RateLimited as error:
        return error.retry_after_seconds
    return 0


async def test_a_burst_then_one_by_one(database: Database, clock: ManualClock) -> None:
    assert [await tried(database) for _ in range(5)] == [0, 0, 0, 10, 10]
    clock.advance(timedelta(seconds=4))
    assert await tried(database) == 6
    clock.advance(timedelta(seconds=6))
    assert [await tried(database) for _ in range(2)] == [0, 10]
    clock.advance(timedelta(hours=1))
    assert [await tried(database) for _ in range(4)] == [0, 0, 0, 10]


async def test_many_at_the_same_instant_get_no_more_than_the_burst(database: Database) -> None:
    waits = await asyncio.gather(*(tried(database) for _ in range(12)))
    assert sum(wait == 0 for wait in waits) == 3


async def test_two_processes_share_one_allowance(database_url: str, clock: ManualClock) -> None:
    processes = [Database.open(database_url, clock=clock) for _ in range(2)]
    waits = await asyncio.gather(*(tried(processes[number % 2]) for number in range(8)))
    assert sum(wait == 0 for wait in waits) == 3
    for one in processes:
        await one.close()


async def test_of_several_limits_all_are_spent_or_none(database: Database) -> None:
    for _ in range(3):
        await tried(database, "full")
    with pytest.raises(RateLimited):
        async with database.write() as session:
            await limits.spend(session, LIMIT.of("empty"), LIMIT.of("full"))
    assert [await tried(database, "empty") for _ in range(4)] == [0, 0, 0, 10]


async def test_several_tries_are_taken_together_or_not_at_all(database: Database, clock: ManualClock) -> None:
    async def taken(tries: int) -> int:
        try:
            async with database.write() as session:
                await limits.spend(session, LIMIT.of("k"), tries=tries)
        except RateLimited as error:
            return error.retry_after_seconds
        return 0

    assert [await taken(2), await taken(2), await taken(1), await taken(1)] == [0, 10, 0, 10]
    clock.advance(timedelta(seconds=20))
    assert [await taken(3), await taken(2)] == [10, 0]
    clock.advance(timedelta(seconds=29))
    assert await taken(100) == 1, "who wants more than there ever are waits for all of them"
    clock.advance(timedelta(seconds=1))
    assert [await taken(100), await tried(database)] == [0, 10]


async def test_what_is_restored_can_be_spent_again(database: Database) -> None:
    for _ in range(3):
        await tried(database)
    async with database.write() as session:
        await limits.restore(session, LIMIT.of("k"))
    assert [await tried(database) for _ in range(2)] == [0, 10]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
    ],
)
def test_an_ipv6_customer_is_one_however_many_addresses_they_have(address: str, network: str) -> None:
    assert limits.network(address) == network


async def spent_now(database: Database, *keys: str, limit: Limit = LIMIT) -> int:
    """As `tried`, in a transaction that `spend_now` opens."""
    try:
        await limits.spend_now(database, "test", *(limit.of(key) for key in keys))
    except RateLimited as error:
        return error.retry_after_seconds
    return 0


class Counted(Database):
    """Counts its writing transactions."""

    writes = 0

    def write(self, actor: str = "veza") -> Any:
        self.writes += 1
        return super().write(actor)


@pytest.fixture
async def counted(database_url: str, clock: ManualClock) -> AsyncIterator[Counted]:
    database = Counted.open(database_url, clock=clock)
    yield cast(Counted, database)
    await database.close()


async def test_a_flood_of_refused_tries_costs_one_transaction(counted: Counted) -> None:
    waits = await asyncio.gather(*(spent_now(counted, "flood", "network") for _ in range(600)))
    assert (sum(wait == 0 for wait in waits), set(waits), counted.writes) == (3, {0, 10}, 4)
    assert (await spent_now(counted, "other", "network"), counted.writes) == (10, 4)
    assert (await spent_now(counted, "other"), counted.writes) == (0, 5)


async def test_whether_a_try_is_left_can_be_asked_without_taking_one_or_writing(
    counted: Counted, clock: ManualClock
) -> None:
    limit = Limit("asked", 2, timedelta(seconds=10))
    for _ in range(5):
        await limits.demand_left(counted, limit.of("k"))
    assert counted.writes == 0
    assert [await spent_now(counted, "k", limit=limit) for _ in range(2)] == [0, 0]
    for waited, left in ((0, 10), (4, 6), (5, 1)):
        clock.advance(timedelta(seconds=waited))
        with pytest.raises(RateLimited) as refused:
            await limits.demand_left(counted, limit.of("other"), limit.of("k"))
        assert refused.value.retry_after_seconds == left
    clock.advance(timedelta(seconds=1))
    await limits.demand_left(counted, limit.of("k"))
    assert (await spent_now(counted, "k", limit=limit), counted.writes) == (0, 3)


async def test_a_remembered_refusal_says_the_true_wait_and_ends_when_the_next_try_opens(
    counted: Counted, clock: ManualClock
) -> None:
    soon = Limit("soon", 1, timedelta(milliseconds=400))
    assert [await spent_now(counted, "k", limit=soon) for _ in range(3)] == [0, 1, 1]
    clock.advance(timedelta(milliseconds=400))
    assert await spent_now(counted, "k", limit=soon) == 0
    assert [await spent_now(counted, "k") for _ in range(4)] == [0, 0, 0, 10]
    clock.advance(timedelta(milliseconds=990))
    writes = counted.writes
    assert (await spent_now(counted, "k"), counted.writes - writes) == (10, 0)
    clock.advance(timedelta(seconds=3))
    assert (await spent_now(counted, "k"), counted.writes - writes) == (7, 1)


async def test_a_restored_try_is_open_at_once_here_and_within_a_second_in_another_process(
    counted: Counted, database_url: str, clock: ManualClock
) -> None:
    other = Database.open(database_url, clock=clock)
    for database in (counted, other):
        assert 10 in [await spent_now(database, "k") for _ in range(4)]
    async with counted.write() as session:
        await limits.restore(session, LIMIT.of("k"))
    assert await spent_now(other, "k") == 10, "it has not heard of it"
    clock.advance(timedelta(seconds=1))
    assert await spent_now(other, "k") == 0
    async with counted.write() as session:
        await limits.restore(session, LIMIT.of("k"))
    assert await spent_now(counted, "k") == 0
    await other.close()


async def test_a_clock_that_is_set_back_forgets_what_was_refused(counted: Counted, clock: ManualClock) -> None:
    assert [await spent_now(counted, "k") for _ in range(4)] == [0, 0, 0, 10]
    writes = counted.writes
    clock.advance(timedelta(seconds=-60))
    assert (await spent_now(counted, "k"), counted.writes - writes) == (70, 1)


async def test_so_many_refusals_are_remembered_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MOST_KEYS", 2)
    remembered = refusals.Refusals()
    for key in ("a", "b", "a", "c"):
        remembered.note(key, 0, 500)
    assert [remembered.opens_ms(key, 10) for key in "abc"] == [500, None, 500]
    async with remembered.turn(["a", "b", "a"]):
        pass
    assert remembered._turns == {}
