"""What rendering measures of a whole file is what ffmpeg measures of the same two channels."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import mutagen
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.audio.sounds import FORMATS, decoded, write
from tests.conftest import missing
from veza.audio.manifest import Rung
from veza.audio.rendered import Loudness
from veza.audio.rendering import render

_DOUBLED = "pan=stereo|FL=FC|FR=FC"
_SHARE = 1 / (1 + np.sqrt(2))
"""Of a front channel in its side: the centre and a surround take 1/√2 of that each, and the sum is 1."""
_MIXED_DOWN = "pan=stereo|" + "|".join(
    f"F{side}={_SHARE}*F{side}+{_SHARE / np.sqrt(2)}*FC+{_SHARE / np.sqrt(2)}*B{side}" for side in "LR"
)
"""5.1 by ITU-R BS.775, attenuated so that no sum clips."""


def ffmpeg(*arguments: str) -> bytes:
    """What ffmpeg writes to both of its outputs."""
    if shutil.which("ffmpeg") is None:
        missing("ffmpeg is not installed (Debian: apt-get install ffmpeg)")
    command = ["ffmpeg", "-nostdin", "-nostats", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True).stdout


def loudness_by_ffmpeg(path: Path, channels: str = "anull") -> tuple[float, float, float]:
    """Integrated loudness in LUFS, range in LU and true peak in dBTP after the filter `channels`."""
    said = ffmpeg("-i", str(path), "-af", f"{channels},ebur128=peak=true", "-f", "null", "-").decode()
    summary = said[said.rindex("Summary:") :]
    integrated, span, peak = (float(re.findall(rf"{name}:\s+(-?[\d.]+)", summary)[0]) for name in ("I", "LRA", "Peak"))
    return integrated, span, peak


def loudness_by_render(path: Path) -> Loudness:
    """The lossless rung is written beside the file."""
    with path.open("rb") as file:
        found = render(file, path.parent, [Rung.FLAC], longest_seconds=60, measures=True).loudness
    assert found is not None
    return found


def swelling(rate: int, channels: int, seconds: int = 8) -> NDArray[np.float64]:
    """Noise of each channel's own that gets louder and softer, under a tone in all of them."""
    chance, samples = np.random.default_rng(rate + channels), rate * seconds
    swell = np.interp(np.arange(samples), np.linspace(0, samples, 7), chance.uniform(0.05, 0.8, 7))
    sine = np.sin(2 * np.pi * 330 * np.arange(samples) / rate)
    return swell * (0.5 * sine + 0.1 * chance.standard_normal((channels, samples)).clip(-4, 4))


@pytest.mark.parametrize(
    ("name", "rate", "channels", "mix"),
    [
        ("WAV 24 bit", 44_100, 1, _DOUBLED),
        ("WAV 24 bit", 48_000, 6, _MIXED_DOWN),
        ("WAV 16 bit", 8_000, 2, "anull"),
        ("FLAC 16 bit", 11_025, 2, "anull"),
        ("FLAC 24 bit", 176_400, 2, "anull"),
        ("WAV float", 192_000, 2, "anull"),
        ("MP3 VBR", 44_100, 2, "anull"),
        ("MP3 CBR", 44_100, 1, _DOUBLED),
        ("Ogg Opus", 48_000, 2, "anull"),
        ("Ogg Opus", 48_000, 6, _MIXED_DOWN),
    ],
)
def test_loudness_and_true_peak_of_a_file_are_within_a_tenth_of_those_of_ffmpeg(
    tmp_path: Path, name: str, rate: int, channels: int, mix: str
) -> None:
    how = FORMATS[name]
    path = write(tmp_path / f"a.{how.suffix}", how, swelling(rate, channels), rate)
    integrated, span, peak = loudness_by_ffmpeg(path, mix)
    found = loudness_by_render(path)
    assert found.integrated_lufs == pytest.approx(integrated, abs=0.1)
    assert found.range_lu == pytest.approx(span, abs=0.2)
    assert found.true_peak_dbtp == pytest.approx(peak, abs=0.1)


def test_5_1_is_mixed_by_the_coefficients_that_are_written_here(tmp_path: Path) -> None:
    loud = np.random.default_rng(5).uniform(-1, 1, (6, 96_000))
    loud[:, 7] = 1 - 2**-23  # all channels at full scale at once
    path = write(tmp_path / "a.wav", FORMATS["WAV 24 bit"], loud, 48_000)
    loudness_by_render(path)
    ffmpeg("-i", str(path), "-af", _MIXED_DOWN, "-c:a", "pcm_f32le", str(tmp_path / "mixed.wav"))
    rung, by_ffmpeg = decoded(tmp_path / "flac.mp4") / 2.0**31, decoded(tmp_path / "mixed.wav")
    assert np.abs(rung - by_ffmpeg).max() < 2**-22
    assert 0.999 < np.abs(rung).max() < 1, "full scale stays full scale, and nothing clips"


def test_5_1_is_as_loud_as_ffmpeg_mixes_it_to_whole_numbers_and_softer_than_it_mixes_it_to_floats(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "a.wav", FORMATS["WAV 24 bit"], swelling(48_000, 6), 48_000)
    ours = loudness_by_render(path).integrated_lufs
    assert ours is not None
    for codec, louder in (("pcm_s16le", 0.0), ("pcm_f32le", -20 * np.log10(_SHARE))):
        ffmpeg("-i", str(path), "-ac", "2", "-c:a", codec, str(tmp_path / f"{codec}.wav"))
        assert loudness_by_ffmpeg(tmp_path / f"{codec}.wav")[0] - ours == pytest.approx(louder, abs=0.1)


@pytest.mark.parametrize("how", ["FLAC 16 bit", "Ogg Vorbis"])
def test_what_a_file_says_of_its_loudness_is_not_believed(tmp_path: Path, how: str) -> None:
    plain = write(tmp_path / "plain.audio", FORMATS[how], swelling(44_100, 2), 44_100)
    boasting = tmp_path / "boasting.audio"
    shutil.copy(plain, boasting)
    file = mutagen.File(boasting)
    assert file is not None
    file.update({"REPLAYGAIN_TRACK_GAIN": "-20.00 dB", "REPLAYGAIN_TRACK_PEAK": "0.01", "R128_TRACK_GAIN": "-5120"})
    file.save()
    assert boasting.read_bytes() != plain.read_bytes()
    (tmp_path / "other").mkdir()
    assert loudness_by_render(boasting.rename(tmp_path / "other" / boasting.name)) == loudness_by_render(plain)
