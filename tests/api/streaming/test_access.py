"""Who hears and keeps what of a track in which state, compared with the table of the rules.

Of a published release under each choice of its artist; in states where the choice is not to matter under the most and
the least open one, with `--whole` under each.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from tests import factories
from tests.api.streaming.access_table import CHOICES, HIDDEN, STATES, wanted
from tests.api.streaming.access_trials import Trial, make_downloads
from tests.api.streaming.buyers import WHO, Holder, order_without_account, take_back
from tests.api.streaming.conftest import Stage
from tests.grpc.conftest import Caller, caller
from tests.samples import Sampler
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.visibility import HiddenTrack
from veza.market import claims
from veza.moderation.reports import Report
from veza.streaming.hearing import RECHECKED
from veza.streaming.stream_sessions import StreamSession

__all__ = ["caller"]
OPEN_AND_SHUT = (("everybody", True), ("owners", False))


async def put_into(stage: Stage, state: str) -> None:
    database, now = stage.veza.database, stage.clock.now()
    status = "published" if state in HIDDEN else "draft" if state == "reported draft" else state
    hidden_at = {one: now if state == one else None for one in HIDDEN}
    await factories.change(
        database, Release, stage.release, status=status, hidden_at=hidden_at["hidden release"]
    )  # fmt: skip
    await factories.change(database, Artist, stage.artist, hidden_at=hidden_at["hidden artist"])
    async with database.write("test") as session:
        await session.execute(delete(HiddenTrack))
        if state == "hidden track":
            session.add(HiddenTrack(track_id=stage.track, hidden_at=now))
        await session.execute(update(Report).values(status="dismissed"))
        if state == "reported draft":
            session.add(factories.report(session, "track", stage.track))


@pytest.mark.parametrize("state", STATES)
async def test_each_hears_and_keeps_what_the_table_says(caller: Caller, state: str, sampler: Sampler) -> None:
    stage = caller.stage
    choices = CHOICES if state == "published" or sampler.whole else {one: CHOICES[one] for one in OPEN_AND_SHUT}
    await make_downloads(stage)
    trials = {who: Trial(stage, caller, await make(stage)) for who, make in WHO.items()}
    await put_into(stage, state)
    for (heard_by, has_preview), open_to_all in choices.items():
        await factories.change(stage.veza.database, Release, stage.release, heard_by=heard_by, has_preview=has_preview)
        stage.clock.advance(RECHECKED + timedelta(seconds=1))
        found = {who: await trial.answers() for who, trial in trials.items()}
        assert found == {who: wanted(who, state, open_to_all) for who in WHO}, (heard_by, has_preview)


async def test_a_stream_by_an_orders_link_names_the_order_and_ends_with_its_refund(stage: Stage) -> None:
    holder, order_id = await order_without_account(stage)
    manifest = (await stage.get(holder.at("manifest.json"))).json()
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
    assert (await stage.get(holder.at("manifest.json"))).json()["part"] == "preview"


async def test_an_orders_link_opens_nothing_once_the_order_is_claimed_or_to_who_guesses(stage: Stage) -> None:
    holder, _ = await order_without_account(stage)
    person = await stage.listener()
    async with stage.veza.database.write("test") as session:
        await claims.claim(session, holder.token or "", person)
    for token in (holder.token, "x" * 43):
        answer = await stage.get(Holder(token=token).at("master.m3u8"))
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
