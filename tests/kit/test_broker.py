"""Nudges through a real RabbitMQ: one waiting worker is woken by each, a busy one leaves them to another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.engine import make_url

from tests.line import a_line_to
from tests.waiting import until
from veza.kit import broker as kit_broker
from veza.kit import worker as kit_worker
from veza.kit.broker import Broker
from veza.kit.database import Database
from veza.kit.wakes import Wakes

PATIENCE = 20.0
GRACE = timedelta(seconds=1)


class Jobs:
    """Rows that wait; workers of several processes claim them."""

    def __init__(self) -> None:
        self.waiting: list[int] = []
        self.done: list[tuple[str, int]] = []


class JobWorker:
    """One process's worker of these jobs: two at a time, each until `finish` is set; unwoken it looks once an hour."""

    check_interval = timedelta(hours=1)
    concurrency = batch_size = 2

    def __init__(self, name: str, topic: str, jobs: Jobs) -> None:
        self.name, self.wake_topic, self.jobs = name, topic, jobs
        self.finish = asyncio.Event()
        self.looked = asyncio.Event()

    async def claim(self, limit: int) -> Sequence[int]:
        claimed, self.jobs.waiting = self.jobs.waiting[:limit], self.jobs.waiting[limit:]
        self.looked.set()
        return claimed

    async def work(self, claim: int) -> None:
        await self.finish.wait()
        self.jobs.done.append((self.name, claim))


@asynccontextmanager
async def connected(url: str, topic: str, worker: JobWorker | None = None) -> AsyncIterator[Wakes]:
    """A process: its wakes, a broker, and the worker if it has one."""
    wakes, stop = Wakes(), asyncio.Event()
    broker = Broker(url, wakes, {topic}, lambda: {topic} if worker else set())
    tasks = [asyncio.create_task(broker.run(stop))]
    if worker is not None:
        tasks.append(asyncio.create_task(kit_worker.run(worker, wakes, stop, grace=GRACE)))
        await asyncio.wait_for(worker.looked.wait(), PATIENCE)
    await asyncio.wait_for(broker.connected.wait(), PATIENCE)
    try:
        yield wakes
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE)


@pytest.fixture
def topic() -> str:
    return f"test.{uuid4().hex}"


async def test_one_nudge_fills_a_worker_and_the_rest_goes_on_to_another(rabbitmq_url: str, topic: str) -> None:
    jobs = Jobs()
    first, second = JobWorker("first", topic, jobs), JobWorker("second", topic, jobs)
    async with (
        connected(rabbitmq_url, topic, first),
        connected(rabbitmq_url, topic, second),
        connected(rabbitmq_url, topic) as shop,
    ):
        jobs.waiting = [1, 2, 3, 4]
        shop.nudge(topic)
        await until(lambda: not jobs.waiting, lambda: f"{jobs.waiting} wait", every=0.05)
        first.finish.set()
        second.finish.set()
        await until(lambda: len(jobs.done) == 4, lambda: f"done: {jobs.done}", every=0.05)
    assert {name for name, _ in jobs.done} == {"first", "second"}
    assert sorted(job for _, job in jobs.done) == [1, 2, 3, 4]


async def test_a_busy_worker_leaves_nudges_to_an_idle_one(rabbitmq_url: str, topic: str) -> None:
    jobs = Jobs()
    busy, idle = JobWorker("busy", topic, jobs), JobWorker("idle", topic, jobs)
    async with connected(rabbitmq_url, topic, busy), connected(rabbitmq_url, topic) as shop:
        jobs.waiting = [1, 2]
        shop.nudge(topic)
        await until(lambda: not jobs.waiting, lambda: f"{jobs.waiting} wait", every=0.05)
        async with connected(rabbitmq_url, topic, idle):
            idle.finish.set()
            for job in (3, 4, 5):
                jobs.waiting.append(job)
                shop.nudge(topic)
                await until(lambda wanted=("idle", job): wanted in jobs.done, lambda: f"done: {jobs.done}", every=0.05)
        busy.finish.set()
        await until(lambda: len(jobs.done) == 5, lambda: f"done: {jobs.done}", every=0.05)
    assert sorted(jobs.done) == [("busy", 1), ("busy", 2), ("idle", 3), ("idle", 4), ("idle", 5)]


async def test_nudges_that_no_worker_hears_wait_for_one(rabbitmq_url: str, topic: str) -> None:
    jobs = Jobs()
    async with connected(rabbitmq_url, topic) as shop:
        shop.nudge(topic)
    worker = JobWorker("late", topic, jobs)
    jobs.waiting = [1]
    worker.finish.set()
    async with connected(rabbitmq_url, topic, worker):
        await until(lambda: bool(jobs.done), lambda: f"{jobs.waiting} wait", every=0.05)
    assert jobs.done == [("late", 1)]


async def test_a_connection_that_is_cut_in_mid_work_delays_and_loses_nothing(
    rabbitmq_url: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nudge for the second job goes into a line that is cut, and its worker looks by itself once an hour."""
    monkeypatch.setattr(kit_broker, "RECONNECT", timedelta(milliseconds=50))
    jobs, url = Jobs(), make_url(rabbitmq_url)
    worker = JobWorker("one", topic, jobs)
    async with a_line_to(url.port or 5672) as line:
        through = url.set(host="127.0.0.1", port=line.port).render_as_string(hide_password=False)
        async with connected(through, topic, worker), connected(through, topic) as shop:
            jobs.waiting = [1]
            shop.nudge(topic)
            await until(lambda: not jobs.waiting, lambda: f"{jobs.waiting} wait", every=0.05)
            await line.cut()
            worker.finish.set()
            await until(lambda: bool(jobs.done), "the job that was begun", every=0.05)
            jobs.waiting = [2]
            shop.nudge(topic)
            await line.mend()
            await until(lambda: len(jobs.done) == 2, lambda: f"done: {jobs.done}", every=0.05)
    assert jobs.done == [("one", 1), ("one", 2)]


async def test_without_the_broker_work_is_announced_as_if_there_were_none(
    database: Database, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit_broker, "RECONNECT", timedelta(milliseconds=50))
    stop = asyncio.Event()
    broker = Broker("amqp://guest:guest@127.0.0.1:9/", database.wakes, {topic}, lambda: {topic})
    running = asyncio.create_task(broker.run(stop))
    await until(lambda: database.wakes.broker is broker, lambda: "the broker's service", every=0.01)
    bell = database.wakes.bell(topic)
    assert not database.wakes.goes_by_broker(topic)
    async with database.write("test") as session:
        session.wake(topic)
    assert bell.is_set()
    stop.set()
    await asyncio.wait_for(running, PATIENCE)
