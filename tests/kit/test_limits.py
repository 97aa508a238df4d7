"""An allowance is spent try by try, by all processes together, and grows back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from veza.kit import limits
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
