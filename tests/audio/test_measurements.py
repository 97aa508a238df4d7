"""Loudness, waveform and master check of known signals."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.audio.sounds import FORMATS, tone, write
from tests.conftest import missing
from veza.audio import loudness
from veza.audio.album_loudness import gated
from veza.audio.checks import MasterCheck
from veza.audio.loudness import Meter
from veza.audio.rendered import Findings, Loudness, Waveform
from veza.audio.waveform import POINTS, WaveformMeter

RATE = 48_000


def measured(signal: NDArray[np.float64], rate: int = RATE, block: int = 7_000) -> Loudness:
    meter = Meter(rate)
    for at in range(0, signal.shape[1], block):
        meter.feed(signal[:, at : at + block].astype(np.float32))
    return meter.finish()


def waveform(signal: NDArray[np.float64], block: int = 7_001) -> Waveform:
    meter = WaveformMeter()
    for at in range(0, signal.shape[1], block):
        meter.feed(signal[:, at : at + block].astype(np.float32))
    return meter.finish()


def checked(signal: NDArray[np.float64], block: int = 1_000) -> Findings:
    check = MasterCheck(signal.shape[0])
    for at in range(0, signal.shape[1], block):
        check.feed(signal[:, at : at + block].astype(np.float32))
    return check.finish()


def test_a_tone_of_997_hz_at_full_scale_in_both_channels_is_0_lufs() -> None:
    at = np.arange(RATE * 5) / RATE
    sine = np.sin(2 * np.pi * 997 * at)
    found = measured(np.stack([sine, sine]))
    assert found.integrated_lufs == pytest.approx(0.0, abs=0.05), "BS.1770-4: one channel of it is −3.01 LUFS"
    assert found.true_peak_dbtp == pytest.approx(0.0, abs=0.05)
    assert measured(np.stack([sine, 0 * sine])).integrated_lufs == pytest.approx(-3.01, abs=0.05)


def test_a_peak_between_two_samples_is_found() -> None:
    at = np.arange(RATE)
    sine = 0.9 * np.sin(2 * np.pi * (RATE / 4) * at / RATE + np.pi / 4)  # every sample is 0.9 · sin 45°
    sine *= np.minimum(1, np.minimum(at, at[::-1]) / 1_000)  # an abrupt end would have peaks of its own
    assert np.abs(sine).max() < 0.64
    assert measured(np.stack([sine, sine])).true_peak_dbtp == pytest.approx(20 * np.log10(0.9), abs=0.1)


def test_silence_and_less_than_400_ms_have_no_loudness() -> None:
    silent = measured(np.zeros((2, RATE)))
    assert (silent.integrated_lufs, silent.range_lu, silent.true_peak_dbtp) == (None, None, None)
    short = measured(tone(RATE // 3, RATE))
    assert (short.integrated_lufs, short.range_lu) == (None, None)
    assert short.true_peak_dbtp is not None


def test_what_is_below_the_gate_does_not_count_and_an_album_is_gated_as_a_whole() -> None:
    loud, soft = tone(RATE * 10, RATE), tone(RATE * 10, RATE) * 0.01
    alone, with_soft = measured(loud), measured(np.concatenate([loud, soft], axis=1))
    assert alone.integrated_lufs is not None
    assert with_soft.integrated_lufs == pytest.approx(alone.integrated_lufs, abs=0.2)
    album = gated([*alone.histogram, *measured(soft).histogram])
    assert album == pytest.approx(alone.integrated_lufs, abs=0.05)


@pytest.mark.parametrize(("rate", "seed"), [(44_100, 1), (48_000, 2), (96_000, 3), (22_050, 4)])
def test_loudness_and_true_peak_are_those_of_ffmpeg(tmp_path: Path, rate: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    swell = np.interp(np.arange(rate * 12), np.linspace(0, rate * 12, 9), chance.uniform(0.02, 0.5, 9))
    signal = tone(rate * 12, rate, hertz=330) * swell + 0.1 * swell * chance.standard_normal((2, rate * 12))
    path = write(tmp_path / "a.wav", FORMATS["WAV float"], signal, rate)
    if shutil.which("ffmpeg") is None:
        missing("ffmpeg is not installed (Debian: apt-get install ffmpeg)")
    command = ["ffmpeg", "-nostats", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    summary = said[said.rindex("Summary:") :]
    integrated, span, peak = (
        float(re.findall(rf"{name}:\s+(-?[\d.]+)", summary)[0]) for name in ("I", "LRA", "Peak")
    )  # fmt: skip
    found = measured(signal, rate)
    assert found.integrated_lufs == pytest.approx(integrated, abs=0.1)
    assert found.range_lu == pytest.approx(span, abs=0.2)
    assert found.true_peak_dbtp == pytest.approx(peak, abs=0.1)


def test_the_histogram_holds_each_block_of_400_ms_once() -> None:
    found = measured(tone(RATE * 4, RATE))
    assert sum(count for _, count in found.histogram) == 37, "ten a second, the first one after 0.4 s"
    assert all(0 <= step < loudness._STEPS for step, _ in found.histogram)


@pytest.mark.parametrize("samples", [1, 15, 16, 28_799, 28_800, 2_000_003])
def test_a_waveform_has_at_most_1800_points_of_peak_and_mean(samples: int) -> None:
    found = waveform(np.full((2, samples), 0.5))
    assert len(found.peaks) == len(found.rms) == min(POINTS, -(-samples // 16))
    assert set(found.peaks) == set(found.rms) == {128}


def test_a_waveform_shows_a_peak_where_it_is() -> None:
    samples = 3_000_000  # more than there are bins of 16 samples: bins were joined on the way
    signal = np.zeros((2, samples))
    signal[1, samples // 4] = -1.0
    found = waveform(signal)
    assert found.peaks.index(255) == pytest.approx(POINTS // 4, abs=1)
    assert found.peaks.count(255) == 1
    assert sum(found.peaks) == 255


def test_a_waveform_is_the_same_however_the_samples_come() -> None:
    signal = tone(1_200_003, RATE)
    assert waveform(signal, 313) == waveform(signal, 1_200_003)


def test_three_samples_at_full_scale_are_a_clipping_and_two_are_none() -> None:
    signal = np.zeros((2, 5_000))
    signal[0, 100:103] = 1.0
    signal[1, 200:202] = -1.0
    signal[0, 990:1_500] = 1.0  # over the borders of blocks
    signal[1, 1_999:2_002] = -1.0
    found = checked(signal)
    assert (found.clippings, found.clipped_at) == (3, [100, 990, 1_999])


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1_000])
def test_clippings_are_counted_the_same_however_the_samples_come(block: int) -> None:
    signal = np.where(np.random.default_rng(4).random((2, 900)) < 0.7, 1.0, 0.1)
    expected = checked(signal, 900)
    found = checked(signal, block)
    assert found.clippings == expected.clippings > 20
    assert found.clipped_at == expected.clipped_at


def test_silence_at_the_ends_an_offset_and_equal_channels_are_found() -> None:
    signal = np.zeros((2, 10_000))
    signal[:, 2_000:7_000] = 0.4
    found = checked(signal)
    assert (found.silent_start_samples, found.silent_end_samples) == (2_000, 3_000)
    assert found.dc_offset == pytest.approx(0.2)
    assert found.is_double_mono
    assert not checked(tone(1_000, RATE)).is_double_mono
    assert not checked(tone(1_000, RATE, 1)).is_double_mono, "mono is not doubled"


def test_a_silent_track_is_silent_from_end_to_end() -> None:
    found = checked(np.zeros((2, 3_000)))
    assert (found.silent_start_samples, found.silent_end_samples) == (3_000, 3_000)
