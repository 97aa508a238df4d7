"""Every accepted format becomes rungs on one time line, as long as the music to the sample."""

from __future__ import annotations

import random
from itertools import product
from pathlib import Path

import av
import numpy as np
import pytest

from tests.audio.sounds import FORMATS, decoded, tone, whole, write
from tests.ingest.pictures import picture
from tests.ingest.recordings import FORMS, TAGS
from veza.audio.manifest import Rendition, Rung
from veza.audio.rendered import Rendered
from veza.audio.rendering import render
from veza.audio.segments import aac_rate, aac_samples

RATES = (8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000)
SECONDS = (0.05, 0.4, 1.0, 3.1, 7.123)
"""3.1 s are three segments; longer ones of high rates take long."""
_OF_CODEC = {
    "lame": (8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000),
    "libopus": (48_000,),
    "oggenc": (8_000, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000),
    "aac": (8_000, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000),
}
"""Hz a coder takes."""

_MOST_CHANNELS = {"lame": 2}
COVER = picture()


def cases() -> list[tuple[str, int, int, float, bool]]:
    """Format × rate × channels × length × with tags and a cover or without: each pair of values that goes together, in
    cases that are short to render."""
    everything = [
        (name, rate, channels, seconds, is_tagged)
        for name, rate, channels, seconds, is_tagged in product(FORMATS, RATES, (1, 2, 6), SECONDS, (False, True))
        if rate in _OF_CODEC.get(FORMATS[name].codec, RATES)
        if seconds <= (7.2 if rate <= 48_000 else 1.0)
        if channels <= _MOST_CHANNELS.get(FORMATS[name].codec, 6)
        if not (is_tagged and name == "RF64")  # mutagen writes no tags into it
    ]
    random.Random(12).shuffle(everything)
    everything.sort(key=lambda case: case[1] * case[3] * (case[2] + 2))
    pairs = [(case, {(i, case[i], j, case[j]) for i in range(5) for j in range(i)}) for case in everything]
    seen: set[tuple[object, ...]] = set()
    chosen = []
    for new, (case, of_case) in product(range(10, 0, -1), pairs):
        if len(of_case - seen) >= new:
            seen |= of_case
            chosen.append(case)
    return chosen


@pytest.mark.parametrize(("name", "rate", "channels", "seconds", "is_tagged"), cases())
def test_every_rung_has_the_length_of_the_music(
    tmp_path: Path, name: str, rate: int, channels: int, seconds: float, is_tagged: bool
) -> None:
    how, samples = FORMATS[name], int(rate * seconds) | 1
    path = write(tmp_path / f"a.{how.suffix}", how, tone(samples, rate, channels), rate)
    if is_tagged:
        FORMS[path.suffix][1](path, TAGS, COVER)
    made = rendered(path, tmp_path)
    assert made.samples == samples
    assert (made.rate, made.channels, made.is_lossless) == (rate, channels, how.is_lossless)
    rungs = {one.rung: one for one in made.renditions}
    assert set(rungs) == set(Rung) if how.is_lossless else set(rungs) == set(Rung) - {Rung.FLAC}
    borders = {tuple(_borders(one)) for one in made.renditions}
    assert len(borders) == 1, "every rung is cut at the same instants"
    for rung in set(rungs) - {Rung.FLAC}:
        one = rungs[rung]
        assert (one.rate, one.samples) == (aac_rate(rate), aac_samples(rate, samples))
        heard = decoded(tmp_path / f"{rung}.mp4")
        assert heard.shape == (2, one.samples + one.padding_samples)
    if how.is_lossless:
        assert rungs[Rung.FLAC].samples == samples
        assert decoded(tmp_path / "flac.mp4").size == 2 * samples


@pytest.mark.parametrize("name", [name for name, how in FORMATS.items() if how.is_lossless and "l" not in how.sample])
@pytest.mark.parametrize("channels", [1, 2])
def test_whole_numbers_come_out_of_the_lossless_rung_bit_for_bit(tmp_path: Path, name: str, channels: int) -> None:
    how, signal = FORMATS[name], tone(30_011, 44_100, channels)
    path = write(tmp_path / f"a.{how.suffix}", how, signal, 44_100)
    made = rendered(path, tmp_path)
    bits = 8 if how.sample == "u8" else how.bits
    expected = np.repeat(whole(signal, 24 if "32" in how.codec else bits), 3 - channels, axis=0)
    heard = decoded(tmp_path / "flac.mp4").astype(np.int64) << (16 if made.bits == 16 else 0)
    if "32" in how.codec:
        assert np.abs(heard - expected).max() <= 2**8, "32 bits are rounded to 24"
    else:
        assert np.array_equal(heard, expected)


def test_floats_become_24_bits_and_what_does_not_fit_is_counted(tmp_path: Path) -> None:
    signal = tone(10_000, 44_100)
    signal[0, 5000:5010] = 1.5
    made = rendered(write(tmp_path / "a.wav", FORMATS["WAV float"], signal, 44_100), tmp_path)
    assert (made.bits, made.clipped_samples) == (24, 10)
    heard = decoded(tmp_path / "flac.mp4") / 2.0**31
    assert np.abs(heard - np.clip(signal, -1, 1)).max() < 2**-23 * 1.01


def test_the_lossy_rungs_sound_like_the_source_from_the_first_sample_to_the_last(tmp_path: Path) -> None:
    signal = tone(100_003, 44_100)
    made = rendered(write(tmp_path / "a.wav", FORMATS["WAV 16 bit"], signal, 44_100), tmp_path)
    for one in made.renditions:
        if one.rung == Rung.AAC_256:
            heard = decoded(tmp_path / f"{one.rung}.mp4")[:, : one.samples]
            error = np.abs(heard - signal)
            assert error[:, :200].max() < 0.03
            assert error[:, -200:].max() < 0.03
            assert error.max() < 0.03


@pytest.mark.parametrize("samples", [1, 700, 1_024, 90_113])
def test_the_progressive_form_holds_the_same_packets_and_says_its_length(tmp_path: Path, samples: int) -> None:
    path = write(tmp_path / "a.wav", FORMATS["WAV 16 bit"], tone(samples, 44_100), 44_100)
    for one in rendered(path, tmp_path).renditions:
        if one.rung == Rung.FLAC:
            assert one.progressive_bytes is None
            continue
        progressive = tmp_path / f"{one.rung}.m4a"
        assert progressive.stat().st_size == one.progressive_bytes
        with av.open(str(progressive)) as container:
            assert container.streams.audio[0].duration == samples, "what the edit list says, in samples"
        assert _packets(progressive) == _packets(tmp_path / f"{one.rung}.mp4")
        assert np.array_equal(decoded(progressive), decoded(tmp_path / f"{one.rung}.mp4"))


@pytest.mark.parametrize("rate", [22_050, 48_000, 96_000, 88_200, 32_000])
def test_a_resampled_rung_is_in_time(tmp_path: Path, rate: int) -> None:
    samples = rate * 2
    signal = tone(samples, rate, hertz=220)
    made = rendered(write(tmp_path / "a.wav", FORMATS["WAV 24 bit"], signal, rate), tmp_path)
    for one in made.renditions:
        if one.rung == Rung.AAC_256:
            heard = decoded(tmp_path / f"{one.rung}.mp4")[0, : one.samples]
            there = np.sin(2 * np.pi * 220 * np.arange(one.samples) / one.rate) * 0.5
            middle = slice(one.rate // 2, one.rate)
            assert np.abs(heard[middle] - there[middle]).max() < 0.02, "a shift of one sample is an error of 0.015"


def rendered(path: Path, folder: Path) -> Rendered:
    with path.open("rb") as file:
        return render(file, folder, list(Rung), longest_seconds=7200, measures=True)


def _packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def _borders(one: Rendition) -> list[float]:
    """Instants (s) at which segments begin, the first included."""
    return [max(0, each.start_samples - one.priming_samples) / one.rate for each in one.segments]
