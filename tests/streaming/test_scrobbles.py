"""What people hear is sent to their ListenBrainz accounts, once, by a worker that nothing stops for good."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from tests import commands, factories
from tests.listenbrainz_server import CUTS, HOLDS, TAKES_AND_HOLDS, ListenBrainzServer, Says, listenbrainz_server
from tests.waiting import until
from veza.accounts.people import Person
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.catalog.visibility import HiddenTrack
from veza.kit import mail
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.limits import RateLimited
from veza.kit.secret_box import SecretBox, new_key
from veza.kit.worker import run_once
from veza.streaming import listenbrainz_accounts, personal_data, play_reports, scrobbles
from veza.streaming.listenbrainz import MOST_LISTENS, ListenBrainz
from veza.streaming.listenbrainz_accounts import BadToken, Connection, ServerSilent, SwitchedOff
from veza.streaming.plays import Listening, Verdict
from veza.streaming.scrobble_worker import LEASE, RETRY_BASE, ScrobbleWorker
from veza.streaming.scrobbles import GIVEN_UP, ListenBrainzAccount, Scrobble

LENGTH = timedelta(minutes=3)
HALF = LENGTH / 2


@dataclass
class World:
    """A person whose account is connected to a server, and tracks to hear."""

    database: Database
    clock: ManualClock
    server: ListenBrainzServer
    person: UUID
    artist: UUID
    release: UUID
    tracks: list[UUID]

    @property
    def client(self) -> ListenBrainz:
        return ListenBrainz(self.server.url, "https://veza.test", "https://veza.test", timedelta(seconds=0.3))

    @property
    def worker(self) -> ScrobbleWorker:
        return ScrobbleWorker(self.database, self.client, timedelta())

    async def connect(self, token: str = "good-token", person: UUID | None = None) -> None:
        whose = person or self.person
        checked = await listenbrainz_accounts.check(self.database, self.client, whose, token)
        async with self.database.write("test") as session:
            await listenbrainz_accounts.connect(session, whose, checked)

    async def hear(
        self, track: UUID | None = None, heard: timedelta = HALF, person: UUID | None = None, **more: Any
    ) -> Verdict:
        """Hear so much of a track, from now on."""
        whose = person or self.person
        facts: dict[str, Any] = {
            "hearing_id": uuid4(), "track_id": track or self.tracks[0], "person_id": whose, "is_staff": False,
            "began_at": self.clock.now(), "length": LENGTH, "network": "",
        }  # fmt: skip
        self.clock.advance(heard)
        return await self.tell(Listening(**facts | more), heard)

    async def tell(self, listening: Listening, heard: timedelta) -> Verdict:
        async with self.database.write("test") as session:
            return await play_reports.count(session, listening, heard, self.client.api_url)

    async def connection(self) -> Connection:
        async with self.database.read() as session:
            found = await listenbrainz_accounts.connection_of(session, self.person)
        assert found is not None
        return found

    async def waiting(self) -> int:
        async with self.database.read() as session:
            return len((await session.scalars(select(Scrobble).where(Scrobble.done_at.is_(None)))).all())


@pytest.fixture
async def server() -> AsyncIterator[ListenBrainzServer]:
    async with listenbrainz_server() as server:
        yield server


async def open_world(database: Database, clock: ManualClock, server: ListenBrainzServer) -> World:
    artist = await factories.artist(database, "Džana")
    release, tracks = await factories.release(
        database, artist, "Led", "Sneh", "Dym", title="Ostrov", heard_by="everybody"
    )
    world = World(database, clock, server, await factories.person(database), artist, release, tracks)
    await world.connect()
    assert await run_once(world.worker) == 1, "nothing waits yet, and it finds that out"
    return world


@pytest.fixture
async def world(database: Database, clock: ManualClock, server: ListenBrainzServer) -> World:
    return await open_world(database, clock, server)


async def test_half_a_track_is_sent_once_with_all_that_is_known_of_it(world: World) -> None:
    recording, record = uuid4(), uuid4()
    await factories.change(world.database, Track, world.tracks[0], musicbrainz_id=recording, isrc="DEABC2600001")
    await factories.change(world.database, Release, world.release, musicbrainz_id=record)
    began = world.clock.now()
    assert await world.hear() is Verdict.COUNTED
    assert await run_once(world.worker) == 1
    assert await run_once(world.worker) == 0
    listen = {
        "listened_at": int(began.timestamp()),
        "track_metadata": {
            "artist_name": "Džana",
            "track_name": "Led",
            "release_name": "Ostrov",
            "additional_info": {
                "media_player": "Veza",
                "submission_client": "Veza",
                "tracknumber": 1,
                "duration_ms": 180_000,
                "isrc": "DEABC2600001",
                "recording_mbid": str(recording),
                "release_mbid": str(record),
                "origin_url": f"https://veza.test/tracks/{world.tracks[0]}",
                "music_service": "veza.test",
            },
        },
    }
    assert world.server.requests == [{"listen_type": "single", "payload": [listen]}]
    asked = world.server.asked[-1].headers
    assert asked["User-Agent"].startswith("Veza/")
    assert asked["User-Agent"].endswith("( https://veza.test )")
    assert (await world.connection()).account.last_sent_at == world.clock.now()


async def test_less_than_half_is_a_play_and_no_listen_until_more_is_told(world: World) -> None:
    began, hearing = world.clock.now(), uuid4()
    one = Listening(hearing, world.tracks[0], world.person, False, began, LENGTH, "")
    world.clock.advance(timedelta(seconds=30))
    assert await world.tell(one, timedelta(seconds=30)) is Verdict.COUNTED
    assert await world.tell(one, HALF) is Verdict.COUNTED, "it says more than time has passed"
    assert await world.waiting() == 0
    world.clock.advance(HALF)
    assert await world.tell(one, HALF) is Verdict.COUNTED
    await run_once(world.worker)
    assert await world.tell(one, LENGTH) is Verdict.COUNTED
    await run_once(world.worker)
    assert len(world.server.requests) == 1, "a hearing that is told of again is not sent again"


@pytest.mark.parametrize(("length", "wanted"), [(60, 30), (180, 90), (480, 240), (3600, 240)])
def test_a_listen_takes_half_the_track_or_four_minutes(length: float, wanted: float) -> None:
    assert scrobbles.enough(timedelta(seconds=length)) == timedelta(seconds=wanted)


async def test_nothing_goes_out_of_who_is_not_connected_or_is_no_listener(world: World) -> None:
    stranger, owner = await factories.person(world.database), await factories.person(world.database)
    await factories.member(world.database, world.artist, owner, "owner")
    await world.connect(person=owner)
    assert await world.hear(person=stranger) is Verdict.COUNTED
    assert await world.hear(person_id=None, network="198.51.100.1") is Verdict.COUNTED
    assert await world.hear(person=owner) is Verdict.NEVER
    assert await world.hear(is_staff=True) is Verdict.NEVER
    assert await world.waiting() == 0
    off = Listening(uuid4(), world.tracks[1], world.person, False, world.clock.now() - HALF, LENGTH, "")
    async with world.database.write("test") as session:
        assert await play_reports.count(session, off, HALF, "") is Verdict.COUNTED
    assert await world.waiting() == 0, "the operator has switched it off"


async def test_what_was_heard_before_connecting_stays_here(world: World) -> None:
    began = world.clock.now()
    world.clock.advance(HALF)
    await world.connect()
    await world.hear(began_at=began)
    assert await world.waiting() == 0


async def test_what_the_person_may_not_be_shown_any_more_is_not_sent(world: World) -> None:
    await world.hear(world.tracks[0])
    await world.hear(world.tracks[1])
    async with world.database.write("test") as session:
        session.add(HiddenTrack(track_id=world.tracks[0], hidden_at=session.now))
    await run_once(world.worker)
    assert world.server.titles == ["Sneh"]
    await factories.change(world.database, Release, world.release, status="withdrawn")
    await world.hear(world.tracks[2])
    await run_once(world.worker)
    assert world.server.titles == ["Sneh"]
    assert await world.waiting() == 0


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


async def test_another_user_gets_nothing_of_what_the_first_one_heard(world: World) -> None:
    await world.hear()
    await world.connect()
    assert await world.waiting() == 1, "a new token of the same user"
    world.server.users["bens"] = "ben"
    await world.connect("bens")
    assert await world.waiting() == 0


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


async def test_a_token_is_kept_sealed_and_is_not_exported(world: World) -> None:
    async with world.database.read() as session:
        row = await session.get_one(ListenBrainzAccount, world.person)
        exported = await personal_data.export_of(session, world.person)
    assert "good-token" not in row.token
    assert world.database.box.open(row.token) == "good-token"
    (said,) = exported["listenbrainz"]
    assert (said["user_name"], said["api_url"]) == ("mara_lind", world.server.url)
    assert "token" not in said


async def test_an_account_that_goes_takes_its_connection_along(world: World) -> None:
    await world.hear()
    async with world.database.write("test") as session:
        await personal_data.forget_person(session, world.person)
    assert await world.waiting() == 0
    assert await run_once(world.worker) == 0


async def test_a_token_sealed_with_a_key_that_is_gone_waits_for_the_key(world: World) -> None:
    await world.hear()
    async with world.database.write("test") as session:
        await session.execute(update(ListenBrainzAccount).values(token=SecretBox([new_key()]).seal("good-token")))
    await run_once(world.worker)
    account = (await world.connection()).account
    assert "a key that is not here" in str(account.problem)
    assert (await world.waiting(), world.server.requests) == (1, [])


@pytest.mark.parametrize("pasted", ["", "two words", "né", "x" * 201, "a\r\nHost: b"])
async def test_what_is_no_token_is_not_sent_anywhere(world: World, pasted: str) -> None:
    asked = len(world.server.asked)
    with pytest.raises(BadToken):
        await listenbrainz_accounts.check(world.database, world.client, world.person, pasted)
    assert len(world.server.asked) == asked


async def test_connecting_says_why_it_cannot(world: World) -> None:
    async def refused(pasted: str = "good-token", client: ListenBrainz | None = world.client) -> str:
        with pytest.raises((BadToken, ServerSilent, SwitchedOff, RateLimited)) as raised:
            await listenbrainz_accounts.check(world.database, client, world.person, pasted)
        return str(raised.value)

    host = world.client.host
    assert await refused("bad") == f"{host} does not know this token"
    for fault, why in (
        (Says(502), "it answered 502"),
        (CUTS, "no answer (ClientPayloadError)"),
        (Says(200), "the answer cannot be read"),
    ):
        world.server.next.append(fault)
        assert await refused() == f"{host} could not be asked ({why}): try again later"
    assert "too many tries" in await refused("bad")
    assert await refused(client=None) == "this site sends no listens to other services"
