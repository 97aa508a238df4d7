from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from tests.audio.sounds import FORMATS, decoded, tone, write
from veza.audio.previews import FADE_SECONDS, PREVIEW_SECONDS, default_start, render_preview

RATE = 44_100
LONG = 50 * RATE + 7


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("preview") / "a.wav"
    return write(path, FORMATS["WAV 16 bit"], tone(LONG, RATE), RATE).read_bytes()


def test_a_preview_is_30_seconds_of_the_track_faded_at_both_ends(track: bytes, tmp_path: Path) -> None:
    start = 10 * RATE + 3
    made = render_preview(io.BytesIO(track), tmp_path, start, LONG, longest_seconds=60)
    assert (made.samples, made.rate) == (PREVIEW_SECONDS * RATE, RATE)
    heard = decoded(tmp_path / "preview.mp4")[:, : made.samples]
    fade = int(FADE_SECONDS * RATE)
    there = tone(LONG, RATE)[:, start : start + made.samples]
    assert np.abs(heard[:, fade:-fade] - there[:, fade:-fade]).max() < 0.05
    assert np.abs(heard[:, :50]).max() < 0.01
    assert np.abs(heard[:, -50:]).max() < 0.01
    assert (tmp_path / "preview.m4a").stat().st_size == made.progressive_bytes


def test_a_preview_ends_with_the_track_and_keeps_the_tracks_own_ends(track: bytes, tmp_path: Path) -> None:
    made = render_preview(io.BytesIO(track), tmp_path, LONG - RATE, LONG, longest_seconds=60)
    assert made.samples == RATE
    heard = decoded(tmp_path / "preview.mp4")[:, : made.samples]
    assert np.abs(heard[:, -400:]).max() > 0.3, "no fade: this is where the track ends"


@pytest.mark.parametrize("start", [-1, LONG, LONG + 1])
def test_a_preview_begins_inside_the_track(track: bytes, tmp_path: Path, start: int) -> None:
    with pytest.raises(ValueError, match="cannot begin"):
        render_preview(io.BytesIO(track), tmp_path, start, LONG, longest_seconds=60)


def test_a_preview_begins_a_third_into_a_track_and_at_the_beginning_of_a_short_one() -> None:
    assert default_start(180 * RATE, RATE) == 60 * RATE
    assert default_start(40 * RATE, RATE) == 10 * RATE
    assert default_start(20 * RATE, RATE) == 0
