from __future__ import annotations

from itertools import islice

import pytest

from tests.audio.test_rendering import RATES
from veza.audio.segments import BLOCK, FRAME, aac_rate, aac_samples, aac_segment_lengths, segment_lengths


@pytest.mark.parametrize("rate", RATES)
def test_borders_fall_between_blocks_and_between_frames(rate: int) -> None:
    lossless = list(islice(segment_lengths(rate), 10))
    lossy = list(islice(aac_segment_lengths(rate), 10))
    assert all(length % BLOCK == 0 for length in lossless)
    assert all(length % FRAME == 0 for length in lossy)
    at, lossy_at = 0, -FRAME
    for length, lossy_length in zip(lossless, lossy, strict=True):
        at, lossy_at = at + length, lossy_at + lossy_length
        assert at * aac_rate(rate) == lossy_at * rate, "the same instant in both"


def test_segments_last_about_4_seconds_and_the_first_two_less() -> None:
    assert list(islice(segment_lengths(44_100), 4)) == [11 * BLOCK, 22 * BLOCK, 43 * BLOCK, 43 * BLOCK]
    for rate in RATES:
        first, second, third, _ = islice(segment_lengths(rate), 4)
        assert first < second < third
        assert 3.5 < third / rate < 4.5


@pytest.mark.parametrize("rate", RATES)
def test_a_lossy_rung_is_never_shorter_than_the_music_and_never_a_sample_longer(rate: int) -> None:
    for samples in (1, 2, 3, 12_345, 1_000_003):
        longer = aac_samples(rate, samples) * rate - samples * aac_rate(rate)
        assert 0 <= longer < rate
