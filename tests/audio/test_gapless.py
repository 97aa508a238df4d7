"""An album cut out of one continuous sound is heard without a joint: measured as in docs/decisions/0060."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.audio.joints import CUTS, RATE, click_dbfs, continuous
from tests.audio.sounds import FORMATS, decoded, whole, write
from veza.audio.manifest import Rendition, Rung
from veza.audio.rendering import render


@pytest.fixture(scope="module")
def album() -> NDArray[np.float64]:
    return continuous()


@pytest.fixture(scope="module")
def heard(album: NDArray[np.float64], tmp_path_factory: pytest.TempPathFactory) -> dict[Rung, NDArray[np.float64]]:
    """The whole album, as a player that leaves priming and padding out hears each rung."""
    folder = tmp_path_factory.mktemp("album")
    tracks: dict[Rung, list[NDArray[np.float64]]] = {}
    for number, (start, end) in enumerate(pairwise(CUTS)):
        path = write(folder / f"{number}.wav", FORMATS["WAV 24 bit"], album[:, start:end], RATE)
        with path.open("rb") as file:
            made = render(file, folder, list(Rung), longest_seconds=60, measures=False)
        for one in made.renditions:
            tracks.setdefault(one.rung, []).append(_played(folder / f"{one.rung}.mp4", one))
    return {rung: np.concatenate(parts, axis=1) for rung, parts in tracks.items()}


def _played(path: Path, one: Rendition) -> NDArray[np.float64]:
    """The samples a player plays: libav leaves the priming out, by the edit list, and not the padding."""
    samples = decoded(path)[:, : one.samples]
    return samples / 2.0**31 if samples.dtype == np.int32 else samples.astype(np.float64)


def test_no_sample_is_missing_or_doubled(album: NDArray[np.float64], heard: dict[Rung, NDArray[np.float64]]) -> None:
    assert {rung: played.shape for rung, played in heard.items()} == dict.fromkeys(Rung, album.shape)


def test_the_lossless_rung_is_the_album_bit_for_bit(
    album: NDArray[np.float64], heard: dict[Rung, NDArray[np.float64]]
) -> None:
    assert np.array_equal(heard[Rung.FLAC] * 2.0**31, whole(album, 24))


@pytest.mark.parametrize("rung", [Rung.AAC_128, Rung.AAC_256])
@pytest.mark.parametrize("joint", CUTS[1:-1])
def test_a_joint_clicks_below_50_dbfs(heard: dict[Rung, NDArray[np.float64]], rung: Rung, joint: int) -> None:
    assert click_dbfs(heard[rung], joint) < -50


def test_the_measurement_hears_a_single_lost_sample(heard: dict[Rung, NDArray[np.float64]]) -> None:
    played = heard[Rung.FLAC]
    assert click_dbfs(played, CUTS[1]) < -90
    assert click_dbfs(np.delete(played, CUTS[1], axis=1), CUTS[1]) > -50


@pytest.mark.parametrize("rung", [Rung.AAC_64, Rung.AAC_128, Rung.AAC_256])
def test_every_rung_is_in_time_with_the_source(
    album: NDArray[np.float64], heard: dict[Rung, NDArray[np.float64]], rung: Rung
) -> None:
    """The shift at which the two are most alike is none, around each joint."""
    for joint in CUTS[1:-1]:
        there, here = (one[0, joint - 3_000 : joint + 3_000] for one in (album, heard[rung]))
        alike = {shift: float(there[50:-50] @ here[50 + shift : len(here) - 50 + shift]) for shift in range(-40, 41)}
        assert max(alike, key=lambda shift: alike[shift]) == 0
