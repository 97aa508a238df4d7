"""Who hears what of a track in which state: every combination, beside a table of the rules as they are written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests import factories
from tests.api.streaming.buyers import WHO, Asker, order_without_account, take_back
from tests.api.streaming.conftest import Stage
from tests.sounding import rendered
from veza.audio.manifest import Rung
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.visibility import HiddenTrack
from veza.market import claims
from veza.streaming.hearing import RECHECKED
from veza.streaming.stream_sessions import StreamSession

THE_ARTISTS_PEOPLE = {"the artist", "a member of the artist", "a person of several artists"}
JUDGES = {"a moderator", "an admin"}
OWNERS = {
    "an owner of the release", "an owner of the track", "who redeemed a code", "who holds an order's link",
    "who holds the link of an order of the track", "who holds a code's link",
}  # fmt: skip
BY_LINK = {one for one in WHO if "link" in one}
HIDDEN = ("hidden release", "hidden artist", "hidden track")
STATES = ("draft", "scheduled", "published", "withdrawn", *HIDDEN)
CHOICES = {
    ("owners", True): "preview",
    ("owners", False): "seen",
    ("everybody", True): "whole",
    ("everybody", False): "whole",
}
"""Who hears all of a release, and whether it has a preview, as its artist chose; what is open to all others then."""
ANSWERS = {
    # level:   playlist, manifest, file, rungs, preview, waveform
    "whole": ("whole", "whole", "whole", "whole", "preview", "shown"),
    "preview": ("preview", "preview", "preview", "refused", "preview", "shown"),
    "seen": ("refused", "refused", "refused", "refused", "refused", "shown"),
    "nothing": ("not there", "not there", "not there", "refused", "not there", "not there"),
}


def level(who: str, state: str, open_to_all: str) -> str:
    """What is open to a person (docs/audio.md, “Who hears what”)."""
    if who in THE_ARTISTS_PEOPLE or who in JUDGES:
        return "whole"
    if state in HIDDEN:
        return "nothing"
    if who in OWNERS:
        return "whole"
    return open_to_all if state == "published" else "nothing"


def wanted(who: str, state: str, open_to_all: str) -> tuple[str, ...]:
    """What each address answers. A preview's address is public, and takes no link."""
    playlist, manifest, file, rungs, preview, waveform = ANSWERS[level(who, state, open_to_all)]
    if who in BY_LINK:
        preview = ANSWERS[level("a visitor", state, open_to_all)][4]
    return playlist, manifest, file, rungs, preview, waveform


async def put_into(stage: Stage, state: str) -> None:
    if state == "hidden track":
        async with stage.veza.database.write("test") as session:
            session.add(HiddenTrack(track_id=stage.track, hidden_at=session.now))
    elif state == "hidden release":
        await factories.change(stage.veza.database, Release, stage.release, hidden_at=stage.clock.now())
    elif state == "hidden artist":
        await factories.change(stage.veza.database, Artist, stage.artist, hidden_at=stage.clock.now())
    else:
        await factories.change(stage.veza.database, Release, stage.release, status=state)


class Trial:
    """What a track answers to one of them."""

    def __init__(self, stage: Stage, asker: Asker) -> None:
        self._stage, self._asker = stage, asker
        self._files: dict[str, bytes] = rendered(2.0)[1]

    async def answers(self) -> tuple[str, ...]:
        return (
            await self.playlist(), await self.manifest(), await self.file(), await self.rungs(), await self.preview(),
            await self.waveform(),
        )  # fmt: skip

    async def get(self, address: str, *, has_link: bool = False, **headers: str) -> httpx.Response:
        asked = address if has_link else self._asker.at(address)
        return await self._stage.get(asked, {} if has_link else self._asker.headers, **headers)

    async def playlist(self) -> str:
        said = set()
        for address in ("master.m3u8", "master.m3u8?lossless=true"):
            answer = await self.get(address)
            lines = [line.partition("/")[0] for line in answer.text.splitlines() if not line.startswith("#")]
            said.add(_said(answer, {("aac64", "aac128", "aac256"): "whole", ("flac",): "whole"}, tuple(lines)))
        (only,) = said
        return only

    async def manifest(self) -> str:
        answer = await self.get("manifest.json")
        if answer.status_code != 200:
            return _said(answer)
        shown = answer.json()
        rungs = {one["rung"] for one in shown["renditions"]}
        assert (len(rungs) > 1) is (shown["part"] == "whole")
        return str(shown["part"])

    async def file(self) -> str:
        answer = await self.get("audio.m4a", Range="bytes=-500")
        parts = {
            self._files[f"{name}.m4a"][-500:]: part for name, part in (("aac256", "whole"), ("preview", "preview"))
        }
        return _said(answer, parts, answer.content)

    async def rungs(self) -> str:
        """A segment of each rung and its ordinary file, by the links of the manifest; without one where it has none."""
        shown = (await self.get("manifest.json")).json()
        links = {one["rung"]: one["url"] for one in shown.get("renditions", ())}
        said = set()
        for rung in Rung:
            for suffix in ("mp4", "m4a")[: 1 if rung is Rung.FLAC else 2]:
                address = links.get(rung, f"{rung}/audio.mp4").replace(".mp4", f".{suffix}")
                answer = await self.get(address, has_link=True, Range="bytes=700-799")
                said.add(_said(answer, {self._files[f"{rung}.{suffix}"][700:800]: "whole"}, answer.content))
        (only,) = said
        return only

    async def preview(self) -> str:
        said = set()
        for suffix in ("mp4", "m4a"):
            answer = await self._stage.get(f"preview/audio.{suffix}", self._asker.headers)
            said.add(_said(answer, {self._files[f"preview.{suffix}"]: "preview"}, answer.content))
        playlist = await self._stage.get("preview/index.m3u8", self._asker.headers)
        said.add(_said(playlist, {True: "preview"}, "audio.mp4" in playlist.text))
        (only,) = said
        return only

    async def waveform(self) -> str:
        address = self._asker.at(f"/api/v1/tracks/{self._stage.track}/waveform")
        answer = await self._stage.browser.get(address, headers=self._asker.headers)
        return _said(answer, {(1800, 1800): "shown"}, answer.is_success and tuple(map(len, answer.json().values())))


def _said(answer: httpx.Response, meanings: dict[Any, str] | None = None, found: Any = None) -> str:
    """What an answer says; of one that is no refusal what was `found` in it."""
    if answer.status_code in (403, 404):
        assert answer.headers["content-type"] == "application/problem+json"
        return {403: "refused", 404: "not there"}[answer.status_code]
    assert answer.is_success, answer.text
    if found == ("preview",):
        return "preview"
    return (meanings or {})[found]


@pytest.mark.parametrize("state", STATES)
async def test_each_hears_what_the_rules_say(stage: Stage, state: str) -> None:
    askers = {who: await make(stage) for who, make in WHO.items()}
    await put_into(stage, state)
    for (heard_by, has_preview), open_to_all in CHOICES.items():
        await factories.change(stage.veza.database, Release, stage.release, heard_by=heard_by, has_preview=has_preview)
        stage.clock.advance(RECHECKED + timedelta(seconds=1))
        found = {who: await Trial(stage, asker).answers() for who, asker in askers.items()}
        assert found == {who: wanted(who, state, open_to_all) for who in WHO}, (heard_by, has_preview)


async def test_a_stream_by_an_orders_link_names_the_order_and_ends_with_its_refund(stage: Stage) -> None:
    asker, order_id = await order_without_account(stage)
    manifest = (await stage.get(asker.at("manifest.json"))).json()
    link = manifest["renditions"][0]["url"]
    async with stage.veza.database.read() as session:
        row = (await session.scalars(StreamSession.__table__.select())).first()
        found = await session.get(StreamSession, row)
    assert found is not None
    assert (found.claim_id, found.person_id) == (order_id, None)
    assert (await stage.get(link)).status_code == 200
    await take_back(stage, order_id)
    stage.clock.advance(RECHECKED + timedelta(seconds=1))
    assert (await stage.get(link)).json()["type"] == "urn:veza:problem:stream-ended"
    assert (await stage.get(asker.at("manifest.json"))).json()["part"] == "preview"


async def test_an_orders_link_opens_nothing_once_the_order_is_claimed_or_to_who_guesses(stage: Stage) -> None:
    asker, _ = await order_without_account(stage)
    person = await stage.listener()
    async with stage.veza.database.write("test") as session:
        await claims.claim(session, asker.token or "", person)
    for token in (asker.token, "x" * 43):
        answer = await stage.get(Asker(token=token).at("master.m3u8"))
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:veza:problem:not-found")
    assert (await stage.get("manifest.json", await stage.signed_in(person))).json()["part"] == "whole"
    malformed = await stage.get("master.m3u8?token=short")
    assert malformed.status_code == 400


async def test_closing_a_release_to_all_but_its_owners_ends_the_streams_of_others(stage: Stage) -> None:
    await factories.change(stage.veza.database, Release, stage.release, heard_by="everybody")
    link = (await stage.get("manifest.json")).json()["renditions"][0]["url"]
    assert (await stage.get(link)).status_code == 200
    await factories.change(stage.veza.database, Release, stage.release, heard_by="owners")
    stage.clock.advance(RECHECKED + timedelta(seconds=1))
    assert (await stage.get(link)).json()["type"] == "urn:veza:problem:stream-ended"


async def test_the_artist_chooses_who_hears_a_release_and_a_track_says_so(stage: Stage) -> None:
    headers = {**await stage.signed_in(stage.owner), "Idempotency-Key": "choice", "Origin": "http://127.0.0.1:8000"}
    changed = await stage.browser.patch(
        f"/api/v1/releases/{stage.release}",
        headers=headers,
        json={"version": 0, "heard_by": "everybody", "has_preview": False},
    )
    assert changed.status_code == 200, changed.text
    assert (changed.json()["heard_by"], changed.json()["has_preview"]) == ("everybody", False)
    track = (await stage.browser.get(f"/api/v1/tracks/{stage.track}")).json()
    assert (track["audio_state"], track["heard_by"], track["has_preview"]) == ("ready", "everybody", False)
    access = (await stage.browser.get(f"/api/v1/library/tracks/{stage.track}")).json()
    assert access["because"] == "open to everybody"
