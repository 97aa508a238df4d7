"""A write in steps: the intent is committed first, and a repeat resumes it instead of beginning another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select

from veza.http.idempotency import Idempotent, IdempotentAnswer, Reply
from veza.http.problems import Problem
from veza.kit.database import Database, Session
from veza.kit.outbox import OutboxEvent


class Asked:
    """A write whose intent is an outbox row, found again by its topic."""

    def __init__(self, database: Database, fingerprint: str = "f" * 64) -> None:
        self.idempotent = Idempotent(database, "operator", "k", fingerprint)
        self.asked: list[UUID] = []
        self.on_ask: Callable[[], Awaitable[None]] | None = None

    async def run(self) -> Any:
        return await self.idempotent.run_in_steps(self._intend, self._ask, self._record)

    async def _intend(self, session: Session) -> UUID:
        key = self.idempotent.intent_key
        known = await session.scalar(select(OutboxEvent.id).where(OutboxEvent.topic == key))
        if known is not None:
            return known
        row = {"id": session.new_id(), "topic": key, "payload": {}, "created_at": session.now, "attempts": 0}
        await session.execute(insert(OutboxEvent), row)
        return row["id"]

    async def _ask(self, intent: UUID) -> str:
        self.asked.append(intent)
        if self.on_ask:
            await self.on_ask()
        return "there"

    async def _record(self, session: Session, intent: UUID, outcome: str) -> Reply:
        return Reply(201, {"id": str(intent), "is": outcome})


async def _intents(database: Database) -> int:
    async with database.read() as session:
        return (await session.execute(select(func.count()).select_from(OutboxEvent))).scalar_one()


async def test_a_repeat_after_an_error_resumes_the_same_intent(database: Database) -> None:
    write = Asked(database)

    async def lost() -> None:
        raise ConnectionError("the line went dead")

    write.on_ask = lost
    with pytest.raises(ConnectionError):
        await write.run()
    write.on_ask = None
    first, again = await write.run(), await write.run()
    assert len(set(write.asked)) == 1
    assert len(write.asked) == 2
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await _intents(database) == 1


async def test_another_request_under_the_key_of_a_half_done_one_is_refused(database: Database) -> None:
    write = Asked(database)

    async def lost() -> None:
        raise ConnectionError("the line went dead")

    write.on_ask = lost
    with pytest.raises(ConnectionError):
        await write.run()
    with pytest.raises(Problem, match="another request"):
        await Asked(database, "0" * 64).run()
    assert await _intents(database) == 1


async def test_twins_share_one_intent_and_one_answer(database: Database) -> None:
    write = Asked(database)
    both_ask = asyncio.Event()

    async def wait_for_the_other() -> None:
        if len(write.asked) == 2:
            both_ask.set()
        await asyncio.wait_for(both_ask.wait(), 10)

    write.on_ask = wait_for_the_other
    first, second = await asyncio.gather(write.run(), write.run())
    assert first.content == second.content
    assert len(set(write.asked)) == 1
    assert await _intents(database) == 1


async def test_a_refused_intent_is_undone_and_the_key_may_ask_anew(database: Database) -> None:
    write = Asked(database)

    async def refused() -> None:
        raise ValueError("no")

    write.on_ask = refused
    with pytest.raises(ValueError, match="no"):
        await write.run()

    async def undo(session: Session) -> None:
        await session.delete(await session.get_one(OutboxEvent, write.asked[0]))

    await write.idempotent.forget(undo)
    async with database.read() as session:
        assert (await session.scalars(select(IdempotentAnswer))).all() == []
    write.on_ask = None
    await write.run()
    assert write.asked[0] != write.asked[1]


async def test_forgetting_leaves_an_answer_that_was_given(database: Database) -> None:
    write = Asked(database)
    await write.run()

    async def nothing(_session: Session) -> None: ...

    await write.idempotent.forget(nothing)
    assert (await write.run()).headers["Idempotent-Replayed"] == "true"
