"""Places for writers of uploads: a person has some of them, waits for one, and leaves the others to others."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from uuid import UUID, uuid4

import pytest

from tests.waiting import until
from veza.ingest import turns
from veza.ingest.turns import MOST_OF_A_PERSON, MOST_WRITERS, TooManyWriters, Turns
from veza.ingest.uploads import Displaced


class Writers:
    """Writers that write until they are let go, or asked to stop."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self.turns, self.writing, self.displaced = Turns(), list[UUID](), list[UUID]()
        self._group = group
        self._ends: dict[UUID, asyncio.Event] = {}

    def begin(self, person: str, upload_id: UUID | None = None) -> UUID:
        upload_id = upload_id or uuid4()
        self._ends.setdefault(upload_id, asyncio.Event())
        self._group.create_task(self._write(upload_id, person))
        return upload_id

    def end(self, *uploads: UUID) -> None:
        for one in uploads or self._ends:
            self._ends[one].set()

    async def _write(self, upload_id: UUID, person: str) -> None:
        try:
            async with self.turns.of(upload_id, person) as turn:
                self.writing.append(upload_id)
                await until(lambda: turn.asked.is_set() or self._ends[upload_id].is_set())
        except Displaced:
            self.displaced.append(upload_id)


async def test_a_persons_writers_wait_for_each_other_and_no_other_person_for_them() -> None:
    async with asyncio.TaskGroup() as group:
        writers = Writers(group)
        annas = [writers.begin("anna") for _ in range(MOST_WRITERS + 1)]
        bens = writers.begin("ben")
        await until(lambda: len(writers.writing) == MOST_OF_A_PERSON + 1)
        assert writers.writing == [*annas[:MOST_OF_A_PERSON], bens]
        writers.end(annas[1])
        await until(lambda: writers.writing[-1] == annas[MOST_OF_A_PERSON])
        writers.end()
    assert len(writers.writing) == MOST_WRITERS + 2


async def test_no_more_write_at_once_than_there_are_places() -> None:
    async with asyncio.TaskGroup() as group:
        writers = Writers(group)
        for number in range(MOST_WRITERS + 1):
            writers.begin(f"person {number}")
        await until(lambda: len(writers.writing) == MOST_WRITERS)
        writers.end()
    assert len(writers.writing) == MOST_WRITERS + 1


async def test_a_newer_writer_of_an_upload_takes_the_place_of_one_that_writes_or_waits() -> None:
    async with asyncio.TaskGroup() as group:
        writers = Writers(group)
        first, *_ = [writers.begin("anna") for _ in range(MOST_OF_A_PERSON)]
        await until(lambda: len(writers.writing) == MOST_OF_A_PERSON)
        writers.begin("anna", first)
        await until(lambda: writers.writing[-1] == first)
        assert len(writers.writing) == MOST_OF_A_PERSON + 1
        waiting = writers.begin("anna")
        writers.begin("anna", waiting)
        await until(lambda: len(writers.turns._writers) == MOST_OF_A_PERSON + 1)
        writers.end()
    assert writers.displaced == [waiting]
    assert writers.writing.count(waiting) == 1


async def test_who_waits_too_long_is_asked_to_come_back_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAITS_SECONDS", 0.0)
    places = Turns()
    async with AsyncExitStack() as held:
        for _ in range(MOST_OF_A_PERSON):
            await held.enter_async_context(places.of(uuid4(), "anna"))
        with pytest.raises(TooManyWriters):
            await held.enter_async_context(places.of(uuid4(), "anna"))
        await held.enter_async_context(places.of(uuid4(), "ben"))
    assert places._writers == {}
