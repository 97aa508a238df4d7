"""A track's audio for its artist: what became of its files, what can be done with them, and the master check."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import numpy as np

from tests import factories
from tests.api.streaming.conftest import Stage, stage
from tests.sounding import give_sound
from veza.audio.edges import EDGE_SAMPLES, EdgeMeter
from veza.audio.seams import Seam, seam
from veza.catalog.tracks import find_track
from veza.ingest.audio_versions import REPLACED_KEPT, find_version, machine
from veza.ingest.audio_worker import AudioRules, AudioWorker
from veza.ingest.originals import Original, take_original
from veza.kit.messages import gettext, stored
from veza.kit.worker import run_once

__all__ = ["stage"]


async def ask(
    stage: Stage, method: str, rest: str, headers: dict[str, str], body: Any = None, *, track: object = None
) -> httpx.Response:
    path = f"/api/v1/tracks/{track or stage.track}/audio{rest}"
    own = {**headers, "Idempotency-Key": uuid4().hex, "Origin": "http://127.0.0.1:8000"}
    return await stage.browser.request(method, path, headers=own, json=body)


async def sent(stage: Stage, *, fails: bool = False) -> str:
    """Another file for the track; with `fails`, one of which no sound came."""
    database = stage.veza.database
    await stage.veza.catalog.objects.put("originals/another", b"no sound")
    async with database.write("test") as session:
        track = await find_track(session, stage.track)
        row = await take_original(session, track, Original("originals/another", 8, "1" * 64, "take 2.wav", "upload"))
        if fails:
            reason, fields = stored(gettext("it holds no sound"))
            await machine.move(session, row, "processing", because=gettext("a test"), attempt=1)
            await machine.move(
                session, row, "failed", because=gettext("a test"), reason_id=reason, reason_fields=fields, due_at=None
            )
        return str(row.id)


async def test_its_artist_sees_every_file_and_what_became_of_it(stage: Stage) -> None:
    owner = await stage.signed_in(stage.owner)
    failed = await sent(stage, fails=True)
    said = (await ask(stage, "GET", "", owner)).json()
    assert (said["state"], said["version_id"], said["samples"]) == ("ready", str(stage.version), 88_200)
    assert [(one["id"], one["status"], one["reason"]) for one in said["versions"]] == [
        (failed, "failed", "it holds no sound"),
        (str(stage.version), "ready", None),
    ]


async def test_who_is_not_of_its_artist_sees_nothing_of_its_files(stage: Stage) -> None:
    version = await sent(stage, fails=True)
    for person in (await stage.listener(), await stage.buyer()):
        headers = await stage.signed_in(person)
        assert (await ask(stage, "GET", "", headers)).status_code == 403
        for act in ("retry", "cancel", "restore"):
            assert (await ask(stage, "POST", f"/{version}/{act}", headers)).status_code == 403
        assert (await ask(stage, "POST", "/encode", headers, {})).status_code == 403


async def test_a_failed_file_is_tried_again_and_a_waiting_one_taken_back(stage: Stage) -> None:
    owner = await stage.signed_in(stage.owner)
    version = await sent(stage, fails=True)
    again = (await ask(stage, "POST", f"/{version}/retry", owner)).json()
    assert [one["status"] for one in again["versions"]] == ["uploaded", "ready"]
    back = (await ask(stage, "POST", f"/{version}/cancel", owner)).json()
    assert [one["status"] for one in back["versions"]] == ["canceled", "ready"]
    refused = await ask(stage, "POST", f"/{version}/retry", owner)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:veza:problem:not-now")


async def test_an_earlier_version_plays_again(stage: Stage) -> None:
    owner = await stage.signed_in(stage.owner)
    newer = await give_sound(stage.veza.database, stage.veza.catalog.objects, stage.track, 1.0)
    assert (await ask(stage, "GET", "", owner)).json()["version_id"] == str(newer)
    said = (await ask(stage, "POST", f"/{stage.version}/restore", owner)).json()
    assert (said["version_id"], said["samples"]) == (str(stage.version), 88_200)


async def test_an_earlier_version_is_offered_on_its_page_and_restored_for_thirty_days_alone(stage: Stage) -> None:
    owner, page = await stage.signed_in(stage.owner), f"/studio/tracks/{stage.track}"
    await give_sound(stage.veza.database, stage.veza.catalog.objects, stage.track, 1.0)
    assert "Play it again" in (await stage.browser.get(page, headers=owner)).text
    async with stage.veza.database.write("test") as session:
        version = await find_version(session, stage.version)
        version.replaced_at = session.now - REPLACED_KEPT
    refused = await ask(stage, "POST", f"/{stage.version}/restore", owner)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:veza:problem:not-now")
    assert "30 days" in refused.json()["detail"]
    shown = (await stage.browser.get(page, headers=owner)).text
    assert "replaced" in shown
    assert "Play it again" not in shown


async def test_a_version_of_another_track_is_not_found(stage: Stage) -> None:
    owner = await stage.signed_in(stage.owner)
    _, (other,) = await factories.release(stage.veza.database, stage.artist, "Second light")
    version = await sent(stage, fails=True)
    assert (await ask(stage, "POST", f"/{version}/retry", owner, track=other)).status_code == 404


async def test_a_track_is_encoded_anew_with_its_preview_elsewhere(stage: Stage) -> None:
    owner = await stage.signed_in(stage.owner)
    said = (await ask(stage, "POST", "/encode", owner, {"preview_start_ms": 500})).json()
    begins = [(one["status"], one["preview_start_ms"]) for one in said["versions"]]
    assert begins == [("uploaded", 500), ("ready", None)]
    veza = stage.veza
    rules = AudioRules(veza.settings.var_dir / "processing")
    await run_once(AudioWorker(veza.database, veza.catalog.objects, rules))
    said = (await ask(stage, "GET", "", owner)).json()
    assert [one["status"] for one in said["versions"]] == ["ready", "replaced"]
    _, (silent,) = await factories.release(veza.database, stage.artist, "Second light")
    assert (await ask(stage, "POST", "/encode", owner, {}, track=silent)).status_code == 409


async def test_a_master_check_says_what_an_engineer_would(stage: Stage) -> None:
    owner = await stage.signed_in(stage.owner)
    path = f"/api/v1/releases/{stage.release}/master-check"
    said = (await stage.browser.get(path, headers=owner)).json()
    (track,) = said["tracks"]
    assert track["title"] == "First light"
    assert -15 < track["integrated_lufs"] < -5
    assert {one["kind"] for one in track["findings"]} == {"missing_tag"}
    assert {one["kind"] for one in said["findings"]} == {"missing_tag"}
    assert (await stage.browser.get(path, headers=await stage.signed_in(await stage.buyer()))).status_code == 403


def test_a_track_that_goes_on_in_the_next_is_told_from_one_that_breaks_off() -> None:
    wave = np.sin(2 * np.pi * 441.3 * np.arange(88_200) / 44_100).astype(np.float32)[None].repeat(2, axis=0)

    def edges(block: Any) -> Any:
        meter = EdgeMeter()
        for start in range(0, block.shape[1], 1000):
            meter.feed(block[:, start : start + 1000])
        return meter.finish()

    first, second, elsewhere = edges(wave[:, :40_000]), edges(wave[:, 40_000:]), edges(wave[:, 40_030:])
    assert (len(first.tail), len(first.head)) == (EDGE_SAMPLES, EDGE_SAMPLES)
    assert seam(first.tail, second.head) is Seam.JOINED
    assert seam(first.tail, elsewhere.head) is Seam.BROKEN
    assert seam(first.tail, [0.0] * EDGE_SAMPLES) is Seam.SILENT
