"""The worker that sends listens: nothing that a server or a process does loses one or doubles it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from tests import commands
from tests.listenbrainz_server import CUTS, HOLDS, TAKES_AND_HOLDS, ListenBrainzServer, Says, listenbrainz_server
from tests.streaming.scrobbling import LENGTH, World, open_world
from tests.waiting import until
from veza.accounts.people import Person
from veza.kit import mail
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.secret_box import SecretBox, new_key
from veza.kit.worker import run, run_once
from veza.streaming import listenbrainz_accounts, personal_data
from veza.streaming.listenbrainz import MOST_LISTENS, ListenBrainz
from veza.streaming.scrobble_worker import LEASE, RETRY_BASE, ScrobbleWorker
from veza.streaming.scrobbles import GIVEN_UP, ListenBrainzAccount, Scrobble


async def test_many_that_wait_are_sent_together_the_oldest_first(world: World) -> None:
    for number in range(MOST_LISTENS + 2):
        await world.hear(heard=LENGTH, track=world.tracks[number % 3])
    assert [await run_once(world.worker) for _ in range(3)] == [1, 1, 0]
    assert [(one["listen_type"], len(one["payload"])) for one in world.server.requests] == [
        ("import", MOST_LISTENS), ("import", 2),
    ]  # fmt: skip
    instants = [one["listened_at"] for request in world.server.requests for one in request["payload"]]
    assert instants == sorted(instants)


async def test_one_that_the_server_will_never_take_holds_no_other_up(world: World) -> None:
    world.server.refused_titles = {"Sneh"}
    for track in world.tracks:
        await world.hear(track)
    for _ in range(4):
        await run_once(world.worker)
    assert (sorted(world.server.titles), await world.waiting()) == (["Dym", "Led"], 0)


@pytest.mark.parametrize("fault", [Says(500), Says(301, {"Location": "http://127.0.0.1:9/"}), HOLDS, CUTS, Says(404)])
async def test_what_fails_is_tried_again_after_longer_and_longer(world: World, fault: Says | str) -> None:
    await world.hear()
    waits = []
    for _ in range(3):
        world.server.next.append(fault)
        assert await run_once(world.worker) == 1
        account = (await world.connection()).account
        assert account.problem is not None
        assert account.due_at is not None
        waits.append(account.due_at - world.clock.now())
        assert await run_once(world.worker) == 0, "not before its time"
        world.clock.advance(waits[-1])
    assert waits == [RETRY_BASE, 2 * RETRY_BASE, 4 * RETRY_BASE]
    assert await run_once(world.worker) == 1
    account = (await world.connection()).account
    assert (world.server.titles, account.problem, account.tries, account.due_at) == (["Led"], None, 0, None)


@pytest.mark.parametrize("header", ["X-RateLimit-Reset-In", "Retry-After"])
async def test_a_server_that_asks_for_a_pause_has_it(world: World, header: str) -> None:
    await world.hear()
    world.server.next.append(Says(429, {header: "600"}))
    await run_once(world.worker)
    account = (await world.connection()).account
    assert account.due_at == world.clock.now() + timedelta(minutes=10)
    assert str(account.problem) == "it answered 429"


async def test_after_the_last_request_that_is_allowed_it_waits(world: World) -> None:
    await world.hear()
    world.server.next.append(Says(200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-In": "7"}))
    for _ in range(MOST_LISTENS):
        await world.hear(heard=LENGTH)
    await run_once(world.worker)
    account = (await world.connection()).account
    assert (account.problem, account.due_at) == (None, world.clock.now() + timedelta(seconds=7))


async def test_a_server_that_is_away_for_two_weeks_loses_the_listens_and_no_more(world: World) -> None:
    await world.hear()
    world.server.next.append(Says(503))
    await run_once(world.worker)
    world.clock.advance(GIVEN_UP)
    assert await run_once(world.worker) == 1
    assert (len(world.server.requests), await world.waiting()) == (1, 0)
    await world.hear()
    await run_once(world.worker)
    assert len(world.server.listens) == 1
    assert await personal_data.sweep(world.database) > 0
    async with world.database.read() as session:
        assert len((await session.scalars(select(Scrobble))).all()) == 1


async def test_a_refused_token_ends_the_connection_and_its_person_is_told_once(world: World) -> None:
    await world.hear()
    world.server.users.clear()
    await run_once(world.worker)
    connection = await world.connection()
    assert (connection.account.refused_at, connection.waiting) == (world.clock.now(), 0)
    async with world.database.read() as session:
        (told,) = await mail.concerning(session, world.person, None, 10)
    assert "no longer accepts the token" in told.text
    assert "https://veza.test/account/listenbrainz" in told.text
    assert "good-token" not in told.text
    world.clock.advance(GIVEN_UP)
    await world.hear()
    assert await run_once(world.worker) == 0
    assert len(world.server.requests) == 1
    world.server.users["another"] = "mara_lind"
    await world.connect("another")
    await world.hear(world.tracks[1])
    await run_once(world.worker)
    assert world.server.titles == ["Sneh"]


async def test_no_mail_goes_to_an_address_that_is_not_confirmed(world: World) -> None:
    async with world.database.write("test") as session:
        await session.execute(update(Person).values(email_confirmed_at=None))
    await world.hear()
    world.server.users.clear()
    await run_once(world.worker)
    assert (await world.connection()).account.refused_at is not None
    async with world.database.read() as session:
        assert await mail.concerning(session, world.person, None, 10) == []


async def test_no_token_goes_to_a_server_it_is_not_for(world: World, server: ListenBrainzServer) -> None:
    await world.hear()
    async with listenbrainz_server() as other:
        elsewhere = ScrobbleWorker(world.database, ListenBrainz(other.url, "https://veza.test"), timedelta())
        assert await run_once(elsewhere) == 0
        assert other.asked == []


async def test_who_disconnects_while_listens_are_sent_is_left_alone(world: World) -> None:
    await world.hear()
    (claim,) = await world.worker.claim(1)
    async with world.database.write("test") as session:
        await listenbrainz_accounts.disconnect(session, world.person)
    await world.worker.work(claim)
    async with world.database.read() as session:
        assert await listenbrainz_accounts.connection_of(session, world.person) is None
        assert (await session.scalars(select(Scrobble))).all() == []
    assert world.server.requests == []


async def test_a_worker_that_lost_its_lease_records_nothing(world: World) -> None:
    await world.hear()
    (first,) = await world.worker.claim(1)
    assert await world.worker.claim(1) == []
    world.clock.advance(LEASE)
    (second,) = await world.worker.claim(1)
    await world.worker.work(first)
    assert await world.waiting() == 1
    await world.worker.work(second)
    assert (await world.waiting(), len(world.server.requests), len(world.server.listens)) == (0, 2, 1)


async def test_a_killed_process_sends_again_and_the_server_keeps_one(
    sqlite_url: str, clock: ManualClock, server: ListenBrainzServer, tmp_path: Path
) -> None:
    key = new_key()
    database = Database.open(sqlite_url, clock=clock, box=SecretBox([key]))
    world = await open_world(database, clock, server)
    await world.hear()
    server.next.append(TAKES_AND_HOLDS)
    arguments = ("-m", "tests.streaming.stopping_scrobble_worker", sqlite_url, server.url, key, clock.now().isoformat())
    process = commands.Process("worker", arguments, tmp_path, {})
    await process.start("there")
    await until(lambda: len(server.listens) == 1)
    await process.kill()
    assert await world.waiting() == 1
    assert await run_once(world.worker) == 0, "its lease lasts"
    clock.advance(LEASE)
    assert await run_once(world.worker) == 1
    first, again = server.requests
    assert (first, len(server.listens), await world.waiting()) == (again, 1, 0)
    await database.close()


async def test_a_token_sealed_with_a_key_that_is_gone_waits_for_the_key(world: World) -> None:
    await world.hear()
    async with world.database.write("test") as session:
        await session.execute(update(ListenBrainzAccount).values(token=SecretBox([new_key()]).seal("good-token")))
    await run_once(world.worker)
    account = (await world.connection()).account
    assert "a key that is not here" in str(account.problem)
    assert (await world.waiting(), world.server.requests) == (1, [])


async def test_a_worker_that_runs_sends_what_is_heard_at_once(world: World) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(run(world.worker, world.database.wakes, stop, grace=LEASE))
    await world.hear()
    await until(lambda: world.server.titles == ["Led"])
    stop.set()
    await running
    assert await world.waiting() == 0


async def test_no_log_holds_a_token_or_what_was_heard(world: World) -> None:
    with capture_logs() as logs:
        for fault in (Says(500), CUTS, HOLDS):
            await world.hear(heard=LENGTH)
            world.server.next.append(fault)
            await run_once(world.worker)
            world.clock.advance(LEASE * 10)
        world.server.users.clear()
        await run_once(world.worker)
    assert {one["event"] for one in logs} == {"scrobbles.not_sent", "scrobbles.token_refused"}
    for secret in ("good-token", "Led", str(world.person)):
        assert secret not in str(logs)
