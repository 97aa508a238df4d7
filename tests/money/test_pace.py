"""The pace, wherever its slots live: one suite over this process, PostgreSQL and Redis."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import create_async_engine

from tests.waiting import BOUND_SECONDS, until
from veza.kit.database_trouble import DatabaseUnavailable
from veza.money.pace import SLOT_LIFE_SECONDS, FarClock, Intervals, Lane, Pace, ProcessSlots, Slots
from veza.money.pace_postgres import PostgresSlots, ProviderPace
from veza.money.pace_redis import RedisSlots

CAP = 50
SECONDS = 1.25
"""A second, which the cap is about, at every instant of the first quarter."""


@pytest.fixture(params=["process", "postgresql", "redis"])
def place(request: pytest.FixtureRequest) -> str:
    """Where the slots live: a URL, or nowhere but here."""
    urls = {"postgresql": "postgres_url", "redis": "redis_url"}
    return str(request.getfixturevalue(urls[request.param])) if request.param in urls else ""


@pytest.fixture
async def shared(place: str) -> AsyncIterator[list[Slots]]:
    """The slots as two processes see them (the same object twice where there is only this process)."""
    if not place:
        slots = ProcessSlots()
        yield [slots, slots]
    elif place.startswith("postgresql"):
        engines = [create_async_engine(place) for _ in range(2)]
        yield [PostgresSlots(engine) for engine in engines]
        for engine in engines:
            await engine.dispose()
    else:
        key = f"veza:test:{uuid.uuid4().hex}"
        clients = [Redis.from_url(place) for _ in range(2)]
        yield [RedisSlots(client, key) for client in clients]
        await clients[0].delete(key)
        for client in clients:
            await client.aclose()


async def taken(paces: list[Pace], lane: Lane, seconds: float, waiters: int = 8) -> list[float]:
    """When slots were had by `waiters` per process who always want the next one."""
    ends = time.monotonic() + seconds
    times: list[float] = []

    async def want(pace: Pace) -> None:
        while time.monotonic() < ends:
            await pace.take(lane)
            times.append(time.monotonic())

    await asyncio.gather(*(want(pace) for pace in paces for _ in range(waiters)))
    return sorted(at for at in times if at < ends)


def busiest_second(times: list[float]) -> int:
    return max((sum(start <= at < start + 1 for at in times) for start in times), default=0)


async def started(slots: Slots) -> None:
    """A fresh Redis begins with a second of silence; let it pass, so that rates are measured after it."""
    first = await slots.reserve(Lane.WORKER, 1, Intervals.of(CAP, 1))
    await asyncio.sleep(first - time.monotonic())


async def test_two_processes_share_one_cap_and_use_it(shared: list[Slots]) -> None:
    await started(shared[0])
    times = await taken([Pace(slots, CAP, 1) for slots in shared], Lane.WORKER, SECONDS)
    assert busiest_second(times) <= CAP
    # How near to the cap is for bench/reversal_drain to say: a machine that is shared loses slots.
    assert len(times) >= 0.5 * CAP * SECONDS


async def test_both_lanes_together_stay_under_the_cap(shared: list[Slots]) -> None:
    await started(shared[0])
    paces = [Pace(slots, CAP, 0.8) for slots in shared]
    workers, people = await asyncio.gather(taken(paces, Lane.WORKER, SECONDS), taken(paces, Lane.PERSON, SECONDS))
    assert busiest_second(sorted(workers + people)) <= CAP
    # How near to the cap is for bench/reversal_drain to say: a machine that is shared loses slots.
    assert len(workers + people) >= 0.5 * CAP * SECONDS


async def test_workers_use_their_share_at_most(shared: list[Slots]) -> None:
    await started(shared[0])
    times = await taken([Pace(slots, CAP, 0.5) for slots in shared], Lane.WORKER, SECONDS)
    assert busiest_second(times) <= CAP // 2


async def test_people_borrow_what_workers_leave(shared: list[Slots]) -> None:
    await started(shared[0])
    times = await taken([Pace(shared[0], CAP, 0.8)], Lane.PERSON, SECONDS)
    assert len(times) > 2 * CAP * 0.2 * SECONDS
    assert busiest_second(times) <= CAP


@pytest.mark.parametrize("share", [0.8, 1.0])
async def test_a_person_does_not_wait_behind_waiting_workers(shared: list[Slots], share: float) -> None:
    await started(shared[0])
    pace = Pace(shared[0], CAP, share)
    workers = [asyncio.create_task(pace.take(Lane.WORKER)) for _ in range(3 * CAP)]
    await until(lambda: any(worker.done() for worker in workers), "the first worker's slot")
    await pace.take(Lane.PERSON)
    assert sum(not worker.done() for worker in workers) > CAP
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    await until(lambda: pace._queues[Lane.WORKER]._serving.done(), "the end of what is being reserved")


async def test_easing_off_holds_the_workers_of_every_process_but_not_people(shared: list[Slots]) -> None:
    await started(shared[0])
    one, other = (Pace(slots, CAP, 0.8) for slots in shared)
    began = time.monotonic()
    await one.ease_off(2)
    worker = asyncio.create_task(other.take(Lane.WORKER))
    await other.take(Lane.PERSON)
    assert not worker.done()
    await worker
    assert time.monotonic() - began >= 2


async def test_a_missed_slot_is_given_up(shared: list[Slots], monkeypatch: pytest.MonkeyPatch) -> None:
    await started(shared[0])
    asked: list[Lane] = []
    reserve = shared[0].reserve

    async def counted(lane: Lane, count: int, intervals: Intervals) -> float:
        had = await reserve(lane, count, intervals)
        asked.append(lane)
        return had

    monkeypatch.setattr(shared[0], "reserve", counted)
    pace = Pace(shared[0], 10, 1)
    await pace.take(Lane.WORKER)
    late = asyncio.create_task(pace.take(Lane.WORKER))
    await until(lambda: len(asked) == 2, "the slot that is missed")
    time.sleep(0.11 + 2 * SLOT_LIFE_SECONDS)  # noqa: ASYNC251  (a process that is not given the machine)
    await late
    assert len(asked) >= 3, "this slot may be missed, too"


async def test_a_waiter_who_left_keeps_no_other_from_a_slot(shared: list[Slots]) -> None:
    await started(shared[0])
    pace = Pace(shared[0], CAP, 1)
    waiters = [asyncio.create_task(pace.take(Lane.WORKER)) for _ in range(4)]
    waiters[1].cancel()
    waiters[2].cancel()
    await asyncio.wait_for(waiters[3], BOUND_SECONDS)
    assert [one.cancelled() for one in waiters] == [False, True, True, False]


async def test_a_database_clock_set_back_costs_a_second_not_the_difference(postgres_url: str) -> None:
    engine = create_async_engine(postgres_url)
    slots = PostgresSlots(engine)
    await slots.reserve(Lane.WORKER, 1, Intervals.of(CAP, 1))
    async with engine.begin() as connection:
        an_hour_ahead = {"worker_at": ProviderPace.worker_at + 3600, "seen_at": ProviderPace.seen_at + 3600}
        await connection.execute(update(ProviderPace).values(**an_hour_ahead))
    wait = await slots.reserve(Lane.WORKER, 1, Intervals.of(CAP, 1)) - time.monotonic()
    assert 0.8 < wait <= 1.0
    await engine.dispose()


async def test_a_redis_clock_set_back_costs_a_second_not_the_difference(redis_url: str) -> None:
    redis, key = Redis.from_url(redis_url), f"veza:test:{uuid.uuid4().hex}"
    slots = RedisSlots(redis, key)
    ahead = time.time() + 3600
    await redis.hset(key, mapping={"worker": ahead, "person": ahead, "seen": ahead})
    wait = await slots.reserve(Lane.WORKER, 1, Intervals.of(CAP, 1)) - time.monotonic()
    assert 0.8 < wait <= 1.0
    await redis.delete(key)
    await redis.aclose()


def test_a_far_clock_set_back_is_measured_anew() -> None:
    clock = FarClock()
    far = time.monotonic() + 1000
    assert clock.here(far, far) == pytest.approx(time.monotonic(), abs=0.05)
    set_back = far - 500
    assert clock.here(set_back, set_back) < time.monotonic() - 400, "this slot counts as missed"
    assert clock.here(set_back, set_back) == pytest.approx(time.monotonic(), abs=0.05)


@pytest.mark.parametrize(
    ("cap", "share", "workers", "people"),
    [(25, 0.8, 20, 5), (100, 1, 100, 0), (10, 0.75, 7, 3), (1, 0.8, 0.8, 0), (0.5, 0.8, 0.4, 0), (2, 0.8, 1, 1)],
)
def test_lanes_are_whole_requests_a_second(cap: float, share: float, workers: float, people: float) -> None:
    intervals = Intervals.of(cap, share)
    assert 1 / intervals.worker <= workers <= cap
    assert (1 / intervals.person if intervals.person else 0) <= people


async def test_slots_out_of_reach_are_one_sentence() -> None:
    redis = Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
    with pytest.raises(DatabaseUnavailable, match="Redis, which keeps the provider's pace"):
        await Pace(RedisSlots(redis), CAP, 1).take(Lane.WORKER)
    await redis.aclose()
    engine = create_async_engine("postgresql+asyncpg://postgres@127.0.0.1:1/nothing")
    with pytest.raises(DatabaseUnavailable, match="does not answer"):
        await Pace(PostgresSlots(engine), CAP, 1).take(Lane.WORKER)
    await engine.dispose()


async def test_the_row_of_slots_is_never_flushed_for(postgres_url: str) -> None:
    """Reserving is one statement with its own asynchronous commit; the connection goes back as it was."""
    flushing = {"server_settings": {"synchronous_commit": "on"}}
    engine = create_async_engine(postgres_url, pool_size=1, max_overflow=0, connect_args=flushing)
    await PostgresSlots(engine).reserve(Lane.WORKER, 1, Intervals.of(CAP, 1))
    async with engine.connect() as connection:
        assert await connection.scalar(text("SHOW synchronous_commit")) == "on"
    await engine.dispose()
