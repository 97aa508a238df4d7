"""The master check finds each fault in a release that has it, at its bound it is silent, and a clean one has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
import pytest

from tests import factories
from tests.pseudo_language import plain
from veza.audio.edges import EDGE_SAMPLES
from veza.audio.manifest import Rendition, Rung
from veza.audio.rendered import Edges, Findings, Loudness, Rendered
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.ingest.audio_versions import ENCODER_VERSION, AudioVersion
from veza.ingest.master_check import LONG_SILENCE_SECONDS, MOST_DC, Finding, ReleaseCheck, check_release
from veza.kit.database import Database

RATE = 44_100
SAMPLES = 180 * RATE
LONG = round(LONG_SILENCE_SECONDS * RATE)
WAVE = [float(one) for one in np.sin(2 * np.pi * 441.0 * np.arange(4 * EDGE_SAMPLES) / RATE)]
QUIET = [0.0] * EDGE_SAMPLES
PARTS: dict[str, msgspec.Struct] = {
    "loudness": Loudness(-14.0, 6.0, -1.0, [(5_600, 1_796)]),
    "findings": Findings(0, [], 0.0, 0, 0, is_double_mono=False),
    "edges": Edges(QUIET, QUIET),
}
CLEAN = Rendered(
    rate=RATE, samples=SAMPLES, channels=2, bits=16, codec="flac", container="flac", is_lossless=True,
    clipped_samples=0, damaged_packets=0, impossible_samples=0, renditions=[], loudness=None, waveform=None,
    findings=None,
)  # fmt: skip
PREVIEW = Rendition(Rung.AAC_128, "mp4a.40.2", RATE, 30 * RATE, 1_024, 0, 800, 480_000, 480_000, 128_000, 130_000, [])

Values = Mapping[str, Any]


def changed(values: Values) -> Rendered:
    """CLEAN with PARTS, and with other values, each at the struct that has a field of this name."""
    own = {name: value for name, value in values.items() if name in Rendered.__struct_fields__}
    for name, part in PARTS.items():
        inner = {field: value for field, value in values.items() if field in part.__struct_fields__}
        own[name] = msgspec.structs.replace(part, **inner)
    return msgspec.structs.replace(CLEAN, **own)


async def checked(database: Database, first: Values, second: Values) -> ReleaseCheck:
    """What is found of a release that has a cover, a date and tags, and two tracks with these values."""
    artist = await factories.artist(database)
    release_id, tracks = await factories.release(
        database, artist, "Dawn", "Dusk", cover_id=database.ids.new(), release_date=date(2026, 2, 1), tags=["folk"]
    )
    for track_id, values in zip(tracks, (first, second), strict=True):
        version_id = await with_sound(database, artist, track_id, changed(values))
        named = {"isrc": "FRZ039800212", "credits": [{"name": "Džana", "part": "performer"}]}
        await factories.change(database, Track, track_id, audio_id=version_id, **named)
    async with database.read() as session:
        return await check_release(session, await session.get_one(Release, release_id))


async def with_sound(database: Database, artist: UUID, track: UUID, rendered: Rendered) -> UUID:
    """A version that is ready, of which this was rendered."""
    async with database.write() as session:
        version_id = session.new_id()
        row = AudioVersion(
            id=version_id, track_id=track, artist_id=artist, status="ready", sent_by="test", file_name="take.flac",
            file_hash="0" * 64, original_key=f"originals/{version_id}", original_bytes=1,
            encoder_version=ENCODER_VERSION, prefix=f"audio/{version_id}/1", rendered=msgspec.to_builtins(rendered),
            preview=msgspec.to_builtins(PREVIEW), created_at=session.now, ready_at=session.now,
        )  # fmt: skip
        session.add(row)
    return version_id


def said(found: list[Finding]) -> list[tuple[str, str]]:
    return [(one.kind.value, plain(str(one.says))) for one in found]


async def test_a_clean_release_has_no_finding(database: Database) -> None:
    check = await checked(database, {}, {})
    assert [said(one.findings) for one in check.tracks] == [[], []]
    assert said(check.findings) == []
    assert check.integrated_lufs == pytest.approx(-14.0, abs=0.02)
    assert [(one.integrated_lufs, one.range_lu, one.true_peak_dbtp) for one in check.tracks] == [(-14.0, 6.0, -1.0)] * 2


OF_A_TRACK = [
    ("true_peak", {"true_peak_dbtp": 0.4}, {"true_peak_dbtp": 0.0},
     "its true peak is +0.4 dBTP: players and lossy files may distort above 0"),
    ("clipping", {"clippings": 1_200, "clipped_at": [2 * RATE, 3 * RATE]}, {"clippings": 0},
     "it clips 1,200 times, first at 2.0 s"),
    ("over_full_scale", {"clipped_samples": 7}, {"clipped_samples": 0},
     "7 samples are louder than full scale and were clipped"),
    ("dc_offset", {"dc_offset": 0.02}, {"dc_offset": MOST_DC}, "it has a DC offset of 2.0 %: a filter removes it"),
    ("silent_start", {"silent_start_samples": LONG + RATE}, {"silent_start_samples": LONG},
     "its first 6.0 s are silent"),
    ("silent_end", {"silent_end_samples": LONG + RATE}, {"silent_end_samples": LONG}, "its last 6.0 s are silent"),
    ("double_mono", {"is_double_mono": True}, {"is_double_mono": False},
     "left and right are the same: it is mono in a stereo file"),
    ("lossy", {"is_lossless": False, "codec": "mp3"}, {"codec": "alac"},
     "it was sent as mp3, which is lossy: no lossless stream or download is made"),
    ("damaged", {"damaged_packets": 1}, {"damaged_packets": 0},
     "parts of the file are damaged and sound as silence or noise"),
    ("damaged", {"impossible_samples": 1}, {"impossible_samples": 0},
     "parts of the file are damaged and sound as silence or noise"),
]  # fmt: skip
"""What is found, the values that have it, those that only just have not, and the sentence."""


@pytest.mark.parametrize(("kind", "bad", "good", "sentence"), OF_A_TRACK, ids=[one[0] for one in OF_A_TRACK])
async def test_a_track_has_this_finding_and_the_one_beside_it_has_not(
    database: Database, kind: str, bad: Values, good: Values, sentence: str
) -> None:
    check = await checked(database, bad, good)
    assert [said(one.findings) for one in check.tracks] == [[(kind, sentence)], []]
    assert said(check.findings) == []


OF_A_RELEASE: list[tuple[str, Values, Values, str]] = [
    ("unlike_rates", {}, {"rate": 48_000},
     "its tracks have different sample rates (44.1, 48 kHz): a gap between them is heard"),
    ("gapless", {"tail": WAVE[:EDGE_SAMPLES]}, {"head": WAVE[EDGE_SAMPLES : 2 * EDGE_SAMPLES]},
     "“Dawn” goes on in “Dusk” without a gap"),
    ("seam", {"tail": WAVE[:EDGE_SAMPLES]}, {"head": [-one for one in WAVE[EDGE_SAMPLES : 2 * EDGE_SAMPLES]]},
     "“Dawn” ends and “Dusk” begins in the middle of a sound, and they do not fit: it clicks"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "first", "second", "sentence"), OF_A_RELEASE, ids=[one[0] for one in OF_A_RELEASE])
async def test_two_tracks_have_this_finding_together(
    database: Database, kind: str, first: Values, second: Values, sentence: str
) -> None:
    check = await checked(database, first, second)
    assert said(check.findings) == [(kind, sentence)]
    assert [said(one.findings) for one in check.tracks] == [[], []]


async def test_an_end_that_is_silent_has_no_seam(database: Database) -> None:
    check = await checked(database, {"tail": QUIET}, {"head": WAVE[:EDGE_SAMPLES]})
    assert said(check.findings) == []


async def test_a_track_without_sound_says_so_and_what_it_lacks(database: Database) -> None:
    release_id, _ = await factories.release(database, await factories.artist(database), "Dawn")
    async with database.read() as session:
        check = await check_release(session, await session.get_one(Release, release_id))
    assert Counter(kind for kind, _ in said(check.tracks[0].findings)) == {"no_sound": 1, "missing_tag": 2}
    assert [kind for kind, _ in said(check.findings)] == ["missing_tag"] * 3
    assert check.integrated_lufs is None
