"""Plays: which hearings count, how often, and what an artist's people see of them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from tests import factories
from tests.api.streaming.conftest import Stage
from tests.api.streaming.test_streams import rung_files
from veza.accounts import roles
from veza.accounts.permissions import Role
from veza.app.personal_data import listening_of, on_person_deleted
from veza.catalog.visibility import HiddenTrack
from veza.kit.subscriptions import Event
from veza.streaming import personal_data, plays
from veza.streaming.listenbrainz_accounts import Checked, connect
from veza.streaming.play_reports import ReportsUnavailable
from veza.streaming.plays import Play, PlayTotal, Verdict
from veza.streaming.scrobbles import Scrobble
from veza.streaming.stream_sessions import StreamSession

SECOND = timedelta(seconds=1)
"""Half of the stage's track, and what a play takes."""


async def link_to(stage: Stage, person: UUID) -> str:
    return (await rung_files(stage, await stage.signed_in(person)))["aac128"].partition("link=")[2]


async def told(stage: Stage, link: str, heard_ms: int = 1000) -> str:
    answer = await stage.browser.post(stage.path(f"beacon?link={link}&heard_ms={heard_ms}"))
    assert answer.status_code == 200, answer.text
    assert answer.json()["needed_ms"] == 1000
    return str(answer.json()["state"])


async def total(stage: Stage) -> int:
    async with stage.veza.database.read() as session:
        return sum(await session.scalars(select(PlayTotal.plays)))


async def test_half_a_short_track_is_a_play_and_telling_again_changes_nothing(stage: Stage) -> None:
    link = await link_to(stage, await stage.buyer())
    stage.clock.advance(SECOND)
    assert await told(stage, link, 999) == "not_yet"
    assert [await told(stage, link) for _ in range(3)] == ["counted"] * 3
    stage.clock.advance(timedelta(minutes=10))
    assert await told(stage, link, 2000) == "counted"
    assert await total(stage) == 1


async def test_a_player_that_says_more_than_time_has_passed_waits(stage: Stage) -> None:
    link = await link_to(stage, await stage.buyer())
    stage.clock.advance(timedelta(seconds=0.9))
    assert await told(stage, link, 2000) == "not_yet"
    stage.clock.advance(timedelta(seconds=0.2))
    assert await told(stage, link, 2000) == "counted"


@pytest.mark.parametrize(("length", "wanted"), [(600, 30), (60, 30), (59, 29.5), (4, 2)])
def test_a_play_takes_thirty_seconds_or_half_the_track(length: float, wanted: float) -> None:
    assert plays.needed(timedelta(seconds=length)) == timedelta(seconds=wanted)


async def test_a_person_who_opens_many_streams_at_once_plays_once(stage: Stage) -> None:
    buyer = await stage.buyer()
    links = [await link_to(stage, buyer) for _ in range(5)]
    stage.clock.advance(SECOND)
    assert [await told(stage, link) for link in links] == ["counted"] + ["not_yet"] * 4
    assert await total(stage) == 1


async def test_a_track_played_again_and_again_counts_once_within_its_length(stage: Stage) -> None:
    buyer = await stage.buyer()
    for _ in range(60):
        link = await link_to(stage, buyer)
        stage.clock.advance(SECOND)
        await told(stage, link)
    assert await total(stage) == 30


async def test_the_artists_own_people_and_staff_are_not_counted(stage: Stage) -> None:
    link = await link_to(stage, stage.owner)
    stage.clock.advance(SECOND)
    assert await told(stage, link) == "never"
    async with stage.veza.database.write("test") as session:
        session.add(HiddenTrack(track_id=stage.track, hidden_at=session.now))
    link = await link_to(stage, await stage.listener(Role.MODERATOR))
    stage.clock.advance(SECOND)
    assert await told(stage, link) == "never"
    assert await total(stage) == 0


async def test_a_preview_has_nothing_to_tell(stage: Stage) -> None:
    assert (await stage.get("preview/audio.mp4")).status_code == 200
    await stage.veza.modules.hearing.reports.flush()
    answer = await stage.browser.post(stage.path("beacon?heard_ms=2000"))
    assert answer.status_code == 403
    assert await total(stage) == 0


async def test_a_stream_that_was_ended_counts_no_more(stage: Stage) -> None:
    link = await link_to(stage, await stage.buyer())
    await stage.take_back()
    stage.clock.advance(timedelta(seconds=30))
    answer = await stage.browser.post(stage.path(f"beacon?link={link}&heard_ms=2000"))
    assert answer.json()["type"] == "urn:veza:problem:stream-ended"
    assert await total(stage) == 0


async def test_fetches_of_later_parts_count_without_a_beacon(stage: Stage) -> None:
    file = (await rung_files(stage, await stage.signed_in(await stage.buyer())))["aac128"]
    size = len((await stage.get(file)).content)  # all at once tells nothing
    reports = stage.veza.modules.hearing.reports
    await reports.flush()
    assert await total(stage) == 0
    stage.clock.advance(SECOND * 1.1)
    await stage.get(file, Range="bytes=0-99")  # nor does the beginning, however often
    await reports.flush()
    assert await total(stage) == 0
    for _ in range(3):
        await stage.get(file, Range=f"bytes={size * 2 // 3}-{size - 1}")
        await reports.flush()
    assert await total(stage) == 1


async def test_what_fetches_told_waits_while_nothing_can_be_counted(stage: Stage) -> None:
    file = (await rung_files(stage, await stage.signed_in(await stage.buyer())))["aac128"]
    reports = stage.veza.modules.hearing.reports
    stage.clock.advance(SECOND * 1.1)
    await stage.get(file, Range="bytes=30000-")
    count, refusals = reports._send, 0

    async def unavailable(_: object) -> dict[UUID, Verdict]:
        nonlocal refusals
        refusals += 1
        raise ReportsUnavailable("a test")

    reports._send = unavailable
    await reports.flush()
    reports._send = count
    await reports.flush()
    assert (refusals, await total(stage)) == (1, 1)


async def test_plays_are_exported_and_go_with_the_account_while_totals_stay(stage: Stage) -> None:
    buyer = await stage.buyer()
    link = await link_to(stage, buyer)
    stage.clock.advance(SECOND)
    assert await told(stage, link) == "counted"
    async with stage.veza.database.write("test") as session:
        exported = await listening_of(session, buyer)
        await on_person_deleted(session, Event(uuid4(), "person.deleted", {"person_id": buyer}, session.now))
    assert [(one["track_id"], one["heard_ms"]) for one in exported["plays"]] == [(str(stage.track), 1000)]
    assert len(exported["streams"]) == 1
    async with stage.veza.database.read() as session:
        assert (await session.scalars(select(Play))).all() == []
        assert (await session.scalars(select(StreamSession))).all() == []
    assert await total(stage) == 1


async def test_who_played_what_is_kept_for_ninety_days(stage: Stage) -> None:
    link = await link_to(stage, await stage.buyer())
    stage.clock.advance(SECOND)
    await told(stage, link)
    for days, left in ((89, 1), (1, 0)):
        stage.clock.advance(timedelta(days=days))
        await personal_data.sweep(stage.veza.database)
        async with stage.veza.database.read() as session:
            assert len((await session.scalars(select(Play))).all()) == left
            assert (await session.scalars(select(StreamSession))).all() == []
    assert await total(stage) == 1


async def test_an_artists_people_see_plays_by_day_and_track(stage: Stage) -> None:
    buyer = await stage.buyer()
    days = []
    for _ in range(3):
        link = await link_to(stage, buyer)
        stage.clock.advance(SECOND)
        assert await told(stage, link) == "counted"
        days.append(str(stage.clock.now().date()))
        stage.clock.advance(timedelta(days=1))
    address = f"/api/v1/artists/{stage.artist}/plays"
    async with stage.veza.database.write("test") as session:
        await roles.give(session, stage.owner, Role.ARTIST, by="a test")
    headers = await stage.signed_in(stage.owner)
    first = (await stage.browser.get(f"{address}?limit=2", headers=headers)).json()
    rest = (await stage.browser.get(f"{address}?limit=2&cursor={first['next_cursor']}", headers=headers)).json()
    shown = [*first["items"], *rest["items"]]
    assert [(one["day"], one["plays"], one["title"]) for one in shown] == [
        (day, 1, shown[0]["title"]) for day in reversed(days)
    ]
    middle = (await stage.browser.get(f"{address}?from={days[1]}&to={days[1]}", headers=headers)).json()["items"]
    assert [one["day"] for one in middle] == [days[1]]
    assert (await stage.browser.get(address, headers=await stage.signed_in(buyer))).status_code == 403
    other = await factories.artist(stage.veza.database, "Ben")
    answer = await stage.browser.get(f"/api/v1/artists/{other}/plays", headers=headers)
    assert answer.status_code in (403, 404)


@pytest.mark.parametrize("is_told", [True, False], ids=["told by the player", "seen by what is fetched"])
async def test_what_a_person_hears_who_connected_listenbrainz_waits_to_be_sent(stage: Stage, is_told: bool) -> None:
    buyer, server = await stage.buyer(), stage.veza.modules.streaming.listenbrainz
    assert server is not None
    async with stage.veza.database.write("test") as session:
        await connect(session, buyer, Checked(server.api_url, "a-token", "mara"))
    began = stage.clock.now()
    file = (await rung_files(stage, await stage.signed_in(buyer)))["aac128"]
    stage.clock.advance(SECOND)
    if is_told:
        assert await told(stage, file.partition("link=")[2]) == "counted"
    else:
        await stage.get(file, Range="bytes=30000-")
        await stage.veza.modules.hearing.reports.flush()
    async with stage.veza.database.read() as session:
        (waiting,) = await session.scalars(select(Scrobble))
    assert (waiting.person_id, waiting.track_id, waiting.listened_at) == (buyer, stage.track, began)
