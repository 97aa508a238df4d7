"""Plays on both databases: however many tell of them at once, each counts by the rules."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from tests import factories
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.streaming import plays
from veza.streaming.plays import VISITORS, Listening, Play, PlayTotal, Verdict

LENGTH = timedelta(minutes=3)


@pytest.fixture
async def track(database: Database) -> UUID:
    _, (track,) = await factories.release(database, await factories.artist(database), "First light")
    return track


async def counted(database: Database, listening: Listening) -> Verdict:
    async with database.write("test") as session:
        return await plays.count(session, listening, plays.NEEDED)


async def found(database: Database) -> tuple[int, int]:
    """Rows of plays, and their total."""
    async with database.read() as session:
        rows = (await session.scalars(select(Play.track_id))).all()
        return len(rows), sum(await session.scalars(select(PlayTotal.plays)))


async def test_visitors_of_one_network_count_so_many_times_within_the_length(
    database: Database, clock: ManualClock, track: UUID
) -> None:
    began = clock.now()
    clock.advance(plays.NEEDED)
    networks = ["198.51.100.1"] * (VISITORS + 5) + ["198.51.100.2"]
    verdicts = [
        await counted(database, Listening(uuid4(), track, None, False, began, LENGTH, network)) for network in networks
    ]
    assert verdicts == [Verdict.COUNTED] * VISITORS + [Verdict.NOT_YET] * 5 + [Verdict.COUNTED]
    assert await found(database) == (VISITORS + 1, VISITORS + 1)


async def test_a_hearing_told_of_by_many_at_once_is_one_play(
    database: Database, clock: ManualClock, track: UUID
) -> None:
    person, began = await factories.person(database), clock.now()
    clock.advance(plays.NEEDED)
    one = Listening(uuid4(), track, person, False, began, LENGTH, "")
    verdicts = await asyncio.gather(*(counted(database, one) for _ in range(6)))
    assert Verdict.COUNTED in verdicts
    assert await counted(database, one) is Verdict.COUNTED
    assert await found(database) == (1, 1)


async def test_hearings_of_many_people_at_once_make_one_total(
    database: Database, clock: ManualClock, track: UUID
) -> None:
    began = clock.now()
    clock.advance(plays.NEEDED)
    people = [await factories.person(database) for _ in range(6)]
    verdicts = await asyncio.gather(
        *(counted(database, Listening(uuid4(), track, person, False, began, LENGTH, "")) for person in people)
    )
    assert set(verdicts) == {Verdict.COUNTED}
    assert await found(database) == (6, 6)
