"""Sounds in memory: as many as fit into so many bytes, however long they are."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec
import pytest

from veza.audio.manifest import Rendition, Rung, Segment
from veza.audio.rendered import Rendered
from veza.ingest.track_sound import Sound
from veza.streaming.kept_sounds import KeptSounds, bytes_of

RATE, SEGMENT_SECONDS = 44_100, 4
MINUTE, HOUR = 60, 3_600


def sound(seconds: int, *, is_whole: bool = True) -> Sound:
    """As it is read: each number is an object of its own."""
    rendered = Rendered(
        RATE, seconds * RATE, 2, 16, "flac", "flac", True, 0, 0, 0, [_rendition(one, seconds) for one in Rung],
        None, None, None,
    )  # fmt: skip
    preview = _rendition(Rung.AAC_128, 30) if is_whole else None
    return Sound(uuid4(), uuid4(), "audio/x/1", rendered, preview, "a.flac", "originals/x", datetime.now(UTC))


def _rendition(rung: Rung, seconds: int) -> Rendition:
    size, samples = 70_000, SEGMENT_SECONDS * RATE
    count = seconds // SEGMENT_SECONDS
    segments = [Segment(1_000 + at * size, size + at % 997, samples + 512, at * samples + 512) for at in range(count)]
    written = msgspec.to_builtins(
        Rendition(rung, "mp4a.40.2", RATE, seconds * RATE, 1_024, 0, 664, count * size, None, 1, 1, segments)
    )
    return msgspec.json.decode(msgspec.json.encode(written), type=Rendition)


@pytest.mark.parametrize("seconds", [4 * MINUTE, HOUR])
def test_a_sound_takes_no_more_memory_than_is_counted(seconds: int) -> None:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        one = sound(seconds)
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert bytes_of(one) / 2 < taken < bytes_of(one)


def test_long_sounds_leave_less_space_than_short_ones() -> None:
    most = 4 * bytes_of(sound(HOUR))
    kept = KeptSounds(most)
    hours = [sound(HOUR) for _ in range(6)]
    for one in hours:
        kept.keep(one)
    assert [kept.get(one.version_id) is one for one in hours] == [False, False, True, True, True, True]
    minutes = [sound(4 * MINUTE) for _ in range(40)]
    for one in minutes:
        kept.keep(one)
    assert all(kept.get(one.version_id) is one for one in minutes)
    assert kept.size_bytes <= most


def test_one_that_would_take_all_the_space_or_is_not_whole_is_not_kept() -> None:
    kept = KeptSounds(bytes_of(sound(HOUR)) - 1)
    short = sound(MINUTE)
    kept.keep(short)
    for one in (sound(HOUR), sound(MINUTE, is_whole=False)):
        kept.keep(one)
        assert kept.get(one.version_id) is None
    assert kept.get(short.version_id) is short
    assert kept.get(UUID(int=0)) is None
