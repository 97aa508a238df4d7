"""A write happens once per key, through repeats, races and failures."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.api.conftest import Door
from veza.http import idempotency
from veza.http.idempotency import IdempotentAnswer, sweep_once
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.outbox import OutboxEvent


async def _count(database: Database, table: type) -> int:
    async with database.read() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def test_a_repeat_gets_the_first_answer_and_does_no_work(door: Door) -> None:
    async with door.client() as client:
        first = await client.post("/api/v1/wishes", json={"amount_minor": 5}, headers={"Idempotency-Key": "k1"})
        again = await client.post("/api/v1/wishes", json={"amount_minor": 5}, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first.headers["location"] == again.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert door.worked == 1
    assert await _count(door.database, OutboxEvent) == 1


async def test_the_same_key_with_another_body_is_refused(door: Door) -> None:
    async with door.client() as client:
        await client.post("/api/v1/wishes", json={"amount_minor": 5}, headers={"Idempotency-Key": "k1"})
        other = await client.post("/api/v1/wishes", json={"amount_minor": 6}, headers={"Idempotency-Key": "k1"})
    assert other.status_code == 422
    assert other.json()["type"] == "urn:veza:problem:idempotency-key-reused"
    assert door.worked == 1


async def test_a_refusal_stores_nothing_and_may_be_asked_again(door: Door) -> None:
    async with door.client() as client:
        for _ in range(2):
            refused = await client.post("/api/v1/wishes", json={"amount_minor": 5000}, headers={"Idempotency-Key": "k"})
            assert refused.status_code == 422
            assert refused.json()["detail"] == "asked for 5000, at most 1000 is left"
    assert await _count(door.database, IdempotentAnswer) == 0
    assert await _count(door.database, OutboxEvent) == 0


async def test_eight_concurrent_twins_do_the_work_once(door: Door) -> None:
    async with door.client() as client:
        sent = [
            client.post("/api/v1/wishes", json={"amount_minor": 5}, headers={"Idempotency-Key": "k"}) for _ in range(8)
        ]
        answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 7
    assert door.worked == 1


async def test_a_twin_that_waits_too_long_is_told_to_come_back(
    postgres_url: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "LONGEST_WAIT_MS", 100)
    database = Database.open(postgres_url, clock=clock)
    door = Door(database)
    working, finish = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        working.set()
        await finish.wait()

    door.before_work = hold
    async with door.client() as client:
        request = {"json": {"amount_minor": 5}, "headers": {"Idempotency-Key": "k"}}
        first = asyncio.create_task(client.post("/api/v1/wishes", **request))
        await working.wait()
        second = await client.post("/api/v1/wishes", **request)
        finish.set()
        assert (await first).status_code == 201
    await database.close()
    assert second.status_code == 409
    assert second.json()["type"] == "urn:veza:problem:idempotency-key-in-use"
    assert door.worked == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "caf\u00e9"])
async def test_a_write_without_a_usable_key_is_refused(sqlite_door: Door, key: str) -> None:
    async with sqlite_door.client() as client:
        headers = {"Idempotency-Key": key.encode("latin-1")} if key else {}
        answer = await client.post("/api/v1/wishes", json={"amount_minor": 5}, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:veza:problem:idempotency-key-missing"
    assert sqlite_door.worked == 0


async def test_answers_are_forgotten_after_a_day_a_batch_at_a_time(
    door: Door, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "SWEEP_BATCH", 2)
    async with door.client() as client:
        for number in range(3):
            await client.post("/api/v1/wishes", json={"amount_minor": 5}, headers={"Idempotency-Key": f"old-{number}"})
        clock.advance(timedelta(hours=24, seconds=1))
        await client.post("/api/v1/wishes", json={"amount_minor": 5}, headers={"Idempotency-Key": "new"})
    assert [await sweep_once(door.database) for _ in range(3)] == [2, 1, 0]
    async with door.database.read() as session:
        assert (await session.scalars(select(IdempotentAnswer.key))).all() == ["new"]
