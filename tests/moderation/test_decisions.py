"""A report makes the moves of its table and no other, and never loses its history."""

from __future__ import annotations

import asyncio
from itertools import product
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.factories import person, tracks
from veza.app.subjects import SUBJECTS
from veza.catalog import visibility
from veza.kit.database import Database
from veza.kit.messages import verbatim
from veza.kit.moves import ForbiddenMove, Stale, history_of
from veza.moderation import decisions, reporting, reports
from veza.moderation.log import Decision
from veza.moderation.reports import DecidedAlready, Report

ALLOWED = {
    ("open", "upheld"),
    ("open", "dismissed"),
    ("upheld", "dismissed"),
    ("upheld", "open"),
    ("dismissed", "open"),
}


async def _reported(database: Database, name: str, track: UUID) -> UUID:
    who = await person(database, name)
    async with database.write(name) as session:
        return (await reporting.report(session, SUBJECTS, who, "track", track, "spam", "")).id


@pytest.mark.parametrize(("source", "target"), list(product(reports.STATUSES, repeat=2)))
def test_a_report_makes_the_moves_of_its_table(source: str, target: str) -> None:
    assert reports.machine.allows(source, target) == ((source, target) in ALLOWED)


async def test_a_move_that_is_not_in_the_table_is_refused(database: Database) -> None:
    (track,) = await tracks(database, "a")
    report_id = await _reported(database, "Mara", track)
    async with database.write() as session:
        row = await reports.find(session, report_id)
        with pytest.raises(ForbiddenMove):
            await reports.machine.move(session, row, "open", because=verbatim("x"))


async def test_of_two_who_move_the_same_row_one_is_told(database: Database) -> None:
    (track,) = await tracks(database, "a")
    report_id = await _reported(database, "Mara", track)
    async with database.read() as session:
        stale = await reports.find(session, report_id)
    async with database.write() as session:
        await decisions.decide_report(session, SUBJECTS, report_id, "dismiss", "fine")
    with pytest.raises(Stale):
        async with database.write() as session:
            await reports.machine.move(session, stale, "upheld", because=verbatim("x"))


async def test_reports_that_come_while_it_is_decided_are_decided_or_stay_open(database: Database) -> None:
    (track,) = await tracks(database, "a")
    first = await _reported(database, "first", track)

    async def decide() -> None:
        async with database.write("judge") as session:
            await decisions.decide_report(session, SUBJECTS, first, "hide", "loud")

    async def come(number: int) -> None:
        try:
            await _reported(database, f"p{number}", track)
        except visibility.NothingThere:
            return

    await asyncio.gather(decide(), *(come(number) for number in range(5)))
    async with database.read() as session:
        rows = (await session.scalars(select(Report))).all()
        assert await SUBJECTS["track"].hidden(session, [track]) == {track}
        assert await visibility.hidden(session, "track", [track]) == {track}
        for row in rows:
            assert (row.status == "open") == (row.decided_at is None)
            assert [change.target for change in await history_of(session, row.id)] in (["open"], ["open", "upheld"])
    assert {row.status for row in rows if row.id == first} == {"upheld"}


@pytest.mark.parametrize("later", ["hide", "warn", "dismiss"])
async def test_of_two_moderators_who_decide_one_report_the_second_is_told(database: Database, later: Decision) -> None:
    (track,) = await tracks(database, "a")
    report_id = await _reported(database, "Mara", track)
    async with database.write("one") as session:
        await decisions.decide_report(session, SUBJECTS, report_id, "dismiss", "fine")
    await _reported(database, "Ben", track)
    with pytest.raises(DecidedAlready):
        async with database.write("two") as session:
            await decisions.decide_report(session, SUBJECTS, report_id, later, "not fine")
    async with database.read() as session:
        assert await visibility.hidden(session, "track", [track]) == set()
