"""Tracks above 48 kHz: every rung is cut at the same sample, and two that go on in each other have no joint."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.audio.joints import click_dbfs, continuous
from tests.audio.sounds import FORMATS, decoded, whole, write
from veza.audio.manifest import Rendition, Rung
from veza.audio.rendering import render
from veza.audio.segments import aac_rate, aac_samples

RUNGS = (Rung.AAC_128, Rung.AAC_256, Rung.FLAC)
HIGH_RATES = (88_200, 96_000, 176_400, 192_000)


def borders(one: Rendition) -> list[Fraction]:
    """Exact instants (s) at which segments begin."""
    return [Fraction(max(0, each.start_samples - one.priming_samples), one.rate) for each in one.segments]


@pytest.mark.parametrize("rate", HIGH_RATES)
def test_tracks_above_48_khz_are_cut_at_the_same_sample_and_joined_without_a_gap(tmp_path: Path, rate: int) -> None:
    cut, samples = rate * 13 // 10 // 4 * 4, rate * 26 // 10 | 1
    signal = continuous(samples, rate)
    parts: dict[Rung, list[np.ndarray]] = {rung: [] for rung in RUNGS}
    for start, end in ((0, cut), (cut, samples)):
        path = write(tmp_path / "a.wav", FORMATS["WAV 24 bit"], signal[:, start:end], rate)
        with path.open("rb") as file:
            made = render(file, tmp_path, list(RUNGS), longest_seconds=60, measures=False)
        by_rung = {one.rung: one for one in made.renditions}
        assert {tuple(borders(one)) for one in by_rung.values()} == {tuple(borders(by_rung[Rung.FLAC]))}
        assert len(by_rung[Rung.FLAC].segments) == 2, "there is a border inside it"
        for rung, one in by_rung.items():
            heard = decoded(tmp_path / f"{rung}.mp4")[:, : one.samples]
            parts[rung].append(heard / 2.0**31 if heard.dtype == np.int32 else heard.astype(np.float64))
    heard = {rung: np.concatenate(one, axis=1) for rung, one in parts.items()}
    assert np.array_equal(heard[Rung.FLAC] * 2.0**31, whole(signal, 24))
    for rung in (Rung.AAC_128, Rung.AAC_256):
        assert click_dbfs(heard[rung], aac_samples(rate, cut), aac_rate(rate)) < -50


@pytest.mark.parametrize("rate", HIGH_RATES)
def test_a_length_that_is_no_whole_number_of_samples_of_aac_is_less_than_one_sample_longer(rate: int) -> None:
    """There is no other way: at a joint of such tracks AAC is late by a part of a sample, and FLAC is exact."""
    for samples in range(rate, rate + 8):
        assert 0 <= aac_samples(rate, samples) - Fraction(samples * aac_rate(rate), rate) < 1
