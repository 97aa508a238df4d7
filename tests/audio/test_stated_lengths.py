"""Where the music of a lossy file begins and ends: by its edit list, iTunSMPB, or, with neither, all that decodes."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from mutagen.mp4 import MP4, MP4FreeForm
from numpy.typing import NDArray

from tests.audio.sounds import Format, tone, write
from veza.audio.decoding import Decoder

RATE, SAMPLES = 44_100, 100_003
FRAME = PRIMING = 1_024
CODED = -(-(SAMPLES + PRIMING) // FRAME) * FRAME
"""Samples in the frames of the file."""
NEAR = 0.025
"""How far the coder is from the signal at the edges; one sample too early or late is 0.03."""


@pytest.fixture(scope="module")
def signal() -> NDArray[np.float64]:
    return tone(SAMPLES, RATE)


def read(path: Path) -> NDArray[np.float64]:
    with Decoder(io.BytesIO(path.read_bytes()), 60) as decoder:
        heard = np.concatenate(list(decoder.blocks()), axis=1)
    assert heard.shape[1] == decoder.samples
    return heard


def is_near(heard: NDArray[np.float64], signal: NDArray[np.float64]) -> bool:
    """Whether the two begin and end alike."""
    edges = (slice(0, 400), slice(-400, None))
    return heard.shape == signal.shape and all(np.abs(heard[:, e] - signal[:, e]).max() < NEAR for e in edges)


def said_by_itunes(path: Path, delay: int, samples: int) -> None:
    file = MP4(path)
    text = f" 00000000 {delay:08X} {CODED - samples - delay:08X} {samples:016X} 00000000 00000000"
    file["----:com.apple.iTunes:iTunSMPB"] = [MP4FreeForm(text.encode())]
    file.save()


@pytest.mark.parametrize(
    ("has_edit_list", "delay"), [(True, PRIMING), (False, PRIMING), (False, 2_112)], ids=["both", "alone", "Apple's"]
)
def test_itunsmpb_says_where_the_music_begins_and_ends(
    tmp_path: Path, signal: NDArray[np.float64], has_edit_list: bool, delay: int
) -> None:
    """2,112 is the delay of Apple's encoder: here it says that the music begins 1,088 samples later."""
    written = () if has_edit_list else (("use_editlist", "0"),)
    how = Format("m4a", "aac", "fltp", "mp4", written, (("b", "256000"),))
    path = write(tmp_path / "a.m4a", how, signal, RATE)
    later = delay - PRIMING
    said_by_itunes(path, delay, SAMPLES - later)
    assert is_near(read(path), signal[:, later:])


def test_of_bare_adts_all_that_decodes_is_the_track(tmp_path: Path, signal: NDArray[np.float64]) -> None:
    """It has no place for a length: the coder's priming and padding are heard, as every player plays them."""
    path = write(tmp_path / "a.aac", Format("aac", "aac", "fltp", "adts", coded=(("b", "256000"),)), signal, RATE)
    heard = read(path)
    assert heard.shape == (2, CODED)
    assert is_near(heard[:, PRIMING : PRIMING + SAMPLES], signal)
