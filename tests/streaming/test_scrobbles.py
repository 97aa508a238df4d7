"""What people hear is sent to their ListenBrainz accounts, once, by a worker that nothing stops for good."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from tests import factories
from tests.listenbrainz_server import CUTS, Says
from tests.streaming.scrobbling import HALF, LENGTH, World
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.catalog.visibility import HiddenTrack
from veza.kit.limits import RateLimited
from veza.kit.worker import run_once
from veza.streaming import listenbrainz_accounts, personal_data, play_reports, scrobbles
from veza.streaming.listenbrainz import ListenBrainz
from veza.streaming.listenbrainz_accounts import BadToken, ServerSilent, SwitchedOff
from veza.streaming.plays import Listening, Verdict
from veza.streaming.scrobbles import ListenBrainzAccount


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


async def test_another_user_gets_nothing_of_what_the_first_one_heard(world: World) -> None:
    await world.hear()
    await world.connect()
    assert await world.waiting() == 1, "a new token of the same user"
    world.server.users["bens"] = "ben"
    await world.connect("bens")
    assert await world.waiting() == 0


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
