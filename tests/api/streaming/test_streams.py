"""Streams: who hears what, where links lead, and when they end."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from uuid import UUID

import av
from sqlalchemy import select

from tests import factories
from tests.api.streaming.conftest import Stage
from tests.sounding import RATE, rendered
from tests.tampering import changed
from tests.waiting import until
from veza.accounts.audit import Act, AuditEntry
from veza.accounts.identity import OPERATOR
from veza.accounts.permissions import Role
from veza.accounts.sessions import SignIn
from veza.audio.manifest import Rung
from veza.catalog.tracks import Track
from veza.catalog.visibility import HiddenTrack
from veza.streaming.hearing import RECHECKED
from veza.streaming.stream_links import StreamLink
from veza.streaming.stream_sessions import BEYOND_ITS_LENGTH, StreamSession

LIKE_NO_LINK = "abc.def"


def addresses(playlist: str) -> list[str]:
    return [line for line in playlist.splitlines() if line and not line.startswith("#")]


async def rung_files(stage: Stage, headers: dict[str, str]) -> dict[str, str]:
    """Rung → the address of its file, from /stream/{track}/ on."""
    master = await stage.get("master.m3u8", headers)
    assert master.status_code == 200, master.text
    return {one.partition("/")[0]: one.replace("index.m3u8", "audio.mp4") for one in addresses(master.text)}


async def test_who_owns_the_track_hears_every_aac_rung_and_flac_on_request(stage: Stage) -> None:
    headers = await stage.signed_in(await stage.buyer())
    assert list(await rung_files(stage, headers)) == ["aac64", "aac128", "aac256"]
    lossless = await stage.get("master.m3u8?lossless=true", headers)
    assert [one.partition("/")[0] for one in addresses(lossless.text)] == ["flac"]
    assert lossless.headers["cache-control"] == "private, no-store"


async def test_a_visitor_hears_the_preview_and_nothing_else(stage: Stage) -> None:
    master = await stage.get("master.m3u8")
    assert addresses(master.text) == ["preview/index.m3u8"]
    playlist = await stage.get("preview/index.m3u8")
    assert set(addresses(playlist.text)) == {"audio.mp4"}
    _, files, _, _ = rendered(2.0)
    assert (await stage.get("preview/audio.mp4")).content == files["preview.mp4"]
    assert (await stage.get("audio.m4a")).content == files["preview.m4a"]
    for rung in Rung:
        assert (await stage.get(f"{rung}/audio.mp4")).status_code == 403


async def test_segments_are_byte_ranges_that_make_the_whole_file(stage: Stage) -> None:
    headers = await stage.signed_in(await stage.buyer())
    master = await stage.get("master.m3u8", headers)
    playlist = await stage.get(addresses(master.text)[1])
    file = (await rung_files(stage, headers))["aac128"]
    first = int(re.findall(r'BYTERANGE="(\d+)@0"', playlist.text)[0])
    parts = [(await stage.get(file, Range=f"bytes=0-{first - 1}")).content]
    spans = [(int(size), int(at)) for size, at in re.findall(r"EXT-X-BYTERANGE:(\d+)@(\d+)", playlist.text)]
    for size, at in spans:
        answer = await stage.get(file, Range=f"bytes={at}-{at + size - 1}")
        assert answer.status_code == 206
        parts.append(answer.content)
    sound = av.open(io.BytesIO(b"".join(parts)))
    assert sum(frame.samples for frame in sound.decode(audio=0)) >= 2 * RATE
    seconds = [float(one) for one in re.findall(r"#EXTINF:([\d.]+)", playlist.text)]
    assert abs(sum(seconds) - 2.0) < 1e-4


async def test_a_link_leads_to_its_own_track_and_rung_alone(stage: Stage) -> None:
    headers = await stage.signed_in(await stage.buyer())
    file = (await rung_files(stage, headers))["aac128"]
    query = file.partition("?")[2]
    _, (other,) = await factories.release(stage.veza.database, stage.artist, "Second light")
    wrong = (
        stage.path(f"aac256/audio.mp4?{query}"),
        f"/stream/{other}/aac128/audio.mp4?{query}",
        changed(stage.path(file)),
        stage.path(f"aac128/audio.mp4?link={LIKE_NO_LINK}"),
        stage.path("aac128/audio.mp4"),
    )
    for address in wrong:
        answer = await stage.browser.get(address)
        assert answer.status_code == 403, address
        assert "application/problem+json" in answer.headers["content-type"]
    assert (await stage.get(file)).status_code == 200


async def test_a_link_lasts_for_the_tracks_length_and_a_while(stage: Stage) -> None:
    headers = await stage.signed_in(await stage.buyer())
    file = (await rung_files(stage, headers))["aac128"]
    stage.clock.advance(BEYOND_ITS_LENGTH + timedelta(seconds=1))
    assert (await stage.get(file)).status_code == 200
    stage.clock.advance(timedelta(seconds=2))
    answer = await stage.get(file)
    assert answer.status_code == 410
    assert answer.json()["type"] == "urn:veza:problem:link-expired"


async def ended(stage: Stage, file: str) -> bool:
    """Whether the link is closed within a minute."""
    stage.clock.advance(RECHECKED + timedelta(seconds=1))
    answer = await stage.get(file)
    return answer.status_code == 403 and answer.json()["type"] == "urn:veza:problem:stream-ended"


async def test_a_refund_ends_a_stream(stage: Stage) -> None:
    file = (await rung_files(stage, await stage.signed_in(await stage.buyer())))["aac128"]
    assert not await ended(stage, file)
    await stage.take_back()
    assert await ended(stage, file)


async def test_signing_out_ends_a_stream_of_a_borrowed_link_too(stage: Stage) -> None:
    person = await stage.buyer()
    file = (await rung_files(stage, await stage.signed_in(person)))["aac128"]
    async with stage.veza.database.write("test") as session:
        await session.delete((await session.scalars(select(SignIn).where(SignIn.person_id == person))).one())
    assert await ended(stage, file)


async def test_a_right_is_asked_for_again_beside_the_answer_before_it_is_too_old(stage: Stage) -> None:
    file = (await rung_files(stage, await stage.signed_in(await stage.buyer())))["aac128"]
    await stage.take_back()
    stage.clock.advance(RECHECKED * 0.75)
    assert (await stage.get(file)).status_code == 200

    async def is_over() -> bool:
        return (await stage.get(file)).status_code == 403

    await until(is_over, "the end of the link, without another step of the clock")


async def test_hiding_a_track_ends_its_streams(stage: Stage) -> None:
    file = (await rung_files(stage, await stage.signed_in(await stage.buyer())))["aac128"]
    async with stage.veza.database.write("test") as session:
        session.add(HiddenTrack(track_id=stage.track, hidden_at=session.now))
    assert await ended(stage, file)


async def test_a_session_that_is_ended_ends_its_stream_at_once(stage: Stage) -> None:
    file = (await rung_files(stage, await stage.signed_in(await stage.buyer())))["aac128"]
    async with stage.veza.database.write("test") as session:
        row = (await session.scalars(select(StreamSession))).one()
        assert await stage.veza.modules.hearing.end(session, row.id)
    assert (await stage.get(file)).status_code == 403


async def test_an_answer_under_way_revives_no_session_that_was_ended_meanwhile(stage: Stage) -> None:
    file = (await rung_files(stage, await stage.signed_in(await stage.buyer())))["aac128"]
    hearing = stage.veza.modules.hearing
    link, _ = await hearing.opened(stage.track, file.partition("link=")[2])
    stage.clock.advance(RECHECKED * 0.75)
    async with stage.veza.database.write("test") as session:
        assert await hearing.allows(link)
        assert await hearing.end(session, link.session_id)
        await until(lambda: not hearing._asking, "the question beside, which does not see the end yet")
    assert not await hearing.allows(link)


async def test_a_file_asked_for_part_by_part_is_one_session(stage: Stage) -> None:
    headers = await stage.signed_in(await stage.buyer())
    _, files, _, _ = rendered(2.0)
    whole = files["aac256.m4a"]
    for start in range(0, len(whole), len(whole) // 3 + 1):
        answer = await stage.get("audio.m4a", headers, Range=f"bytes={start}-{start + 99}")
        assert (answer.status_code, answer.content) == (206, whole[start : start + 100])
    async with stage.veza.database.read() as session:
        assert len((await session.scalars(select(StreamSession))).all()) == 1


async def test_what_is_drawn_of_a_sound_is_not_kept_with_what_is_played_of_it(stage: Stage) -> None:
    hearing = stage.veza.modules.hearing
    sound = (await hearing.begin(OPERATOR, stage.track)).sound
    measured = ("loudness", "waveform", "findings", "edges")
    assert [getattr(sound.rendered, name) for name in measured] == [None] * len(measured)
    assert len((await hearing.waveform(OPERATOR, stage.track)).peaks) == 1800


async def test_what_has_no_sound_yet_says_so(stage: Stage) -> None:
    _, (silent,) = await factories.release(stage.veza.database, stage.artist, "Second light")
    for name in ("master.m3u8", "manifest.json", "audio.m4a", "preview/index.m3u8"):
        answer = await stage.browser.get(f"/stream/{silent}/{name}")
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:veza:problem:no-sound-yet"), name
        assert "“Second light” has no sound yet" in answer.json()["detail"]
    async with stage.veza.database.write("test") as session:
        row = await session.get_one(Track, silent)
        row.audio_state = "processing"
    assert "is being processed" in (await stage.browser.get(f"/stream/{silent}/master.m3u8")).json()["detail"]


async def test_a_moderator_hears_what_is_hidden_and_the_log_says_so(stage: Stage) -> None:
    async with stage.veza.database.write("test") as session:
        session.add(HiddenTrack(track_id=stage.track, hidden_at=session.now))
    judge = await stage.listener(Role.MODERATOR)
    assert (await stage.get("master.m3u8", await stage.signed_in(await stage.buyer()))).status_code == 404
    assert list(await rung_files(stage, await stage.signed_in(judge))) == ["aac64", "aac128", "aac256"]
    async with stage.veza.database.read() as session:
        heard = (await session.scalars(select(AuditEntry).where(AuditEntry.act == Act.HEARD.value))).all()
    assert [(one.person_id, one.detail) for one in heard] == [(judge, f"track {stage.track}")]


async def test_the_manifest_says_where_every_segment_lies(stage: Stage) -> None:
    headers = await stage.signed_in(await stage.buyer())
    manifest = (await stage.get("manifest.json", headers)).json()
    assert (manifest["part"], manifest["samples"], manifest["rate"]) == ("whole", 2 * RATE, RATE)
    _, files, _, _ = rendered(2.0)
    for one in manifest["renditions"]:
        data = files[f"{one['rung']}.mp4"]
        assert one["size_bytes"] == len(data)
        offset, size, _, _ = one["segments"][-1]
        assert offset + size == len(data)
        assert (await stage.get(one["url"], Range=f"bytes={offset}-")).content == data[offset:]
        assert {data[at + 4 : at + 8] for at, _, _, _ in one["segments"]} == {b"moof"}


async def test_a_link_names_what_it_leads_to(stage: Stage) -> None:
    links = stage.veza.modules.hearing.links
    link = StreamLink(UUID(int=1), UUID(int=2), Rung.FLAC, stage.clock.now().replace(microsecond=0))
    assert links.read(links.write(link)) == link
