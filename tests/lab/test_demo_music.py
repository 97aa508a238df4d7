"""The demo's music: every track has its exact length, repeats by its seed, and is loud enough without clipping."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.audio.sounds import decoded
from veza.audio.loudness import Meter
from veza.audio.rendered import Loudness
from veza.lab.demo.music.composing import composed, form_of
from veza.lab.demo.music.instruments import INSTRUMENTS
from veza.lab.demo.music.notes import NoteBank
from veza.lab.demo.music.pieces import Piece, gapless_release, piece_of, pieces_of
from veza.lab.demo.music.styles import MANNERS, style_of
from veza.lab.demo.music.waves import RATE
from veza.lab.demo.music.writing import samples_of, write_track
from veza.lab.demo.roster import roster_of
from veza.lab.demo.vocabulary import ARABIC, CYRILLIC, SCENES

SHORT = 5 * RATE + 1234
LARGEST_KBPS = 400
"""Of one track; 800 MB for 400 minutes are 267 on average."""


def short_piece(tag: str = "jazz", **others: object) -> Piece:
    return replace(Piece(1, "Slow Elevator Quartet", (tag,), "Lobby", "", SHORT), **others)  # type: ignore[arg-type]


def rendered(piece: Piece) -> NDArray[np.int16]:
    return np.concatenate(list(samples_of(piece)), axis=1)


def measured(samples: NDArray[np.int16]) -> Loudness:
    meter = Meter(RATE)
    meter.feed(samples.astype(np.float32) / 32768)
    return meter.finish()


@pytest.mark.parametrize("tag", MANNERS)
def test_each_kind_of_music_is_loud_even_and_unclipped(tag: str) -> None:
    samples = rendered(short_piece(tag))
    heard = measured(samples)
    assert heard.integrated_lufs == pytest.approx(-14, abs=1.5)
    assert heard.true_peak_dbtp is not None
    assert heard.true_peak_dbtp < -1
    assert np.abs(samples.mean(axis=1)).max() < 100
    assert not samples[:, -1].any()


def test_a_file_is_what_was_rendered_and_small(tmp_path: Path) -> None:
    piece = short_piece("punk")
    write_track(tmp_path / "a.flac", piece)
    in_file = decoded(tmp_path / "a.flac")
    assert in_file.dtype == np.int16
    assert in_file.shape == (2, SHORT)
    assert (in_file == rendered(piece)).all()
    assert (tmp_path / "a.flac").stat().st_size * 8 * RATE / SHORT < LARGEST_KBPS * 1000


def test_the_same_piece_makes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.flac", "b.flac"):
        write_track(tmp_path / name, short_piece("folk"))
        rendered(short_piece("oud"))  # other notes in the bank change nothing
    first, second = (hashlib.sha256((tmp_path / name).read_bytes()).digest() for name in ("a.flac", "b.flac"))
    assert first == second


def test_tracks_of_a_continuous_piece_are_slices_of_it() -> None:
    cuts = (0, 3 * RATE + 17, 7 * RATE, 10 * RATE + 5)
    whole = rendered(short_piece("ambient", samples=cuts[-1], cuts=cuts))
    for start, end in ((0, cuts[1]), (cuts[1], cuts[2]), (cuts[2], cuts[3])):
        track = rendered(short_piece("ambient", samples=end - start, start=start, cuts=cuts))
        assert (track == whole[:, start:end]).all()


def test_each_artist_sounds_different() -> None:
    styles = {style_of(1, act.name, act.tags) for act in roster_of(1).acts}
    assert len(styles) == 8
    assert style_of(1, "Ostrich Parade", ("punk",)) != style_of(1, "Angry Cutlery", ("punk",))
    assert style_of(1, "Ostrich Parade", ("punk",)) != style_of(2, "Ostrich Parade", ("punk",))
    assert style_of(1, "Ostrich Parade", ("punk",)) == style_of(1, "Ostrich Parade", ("punk",))


def test_every_scene_of_the_vocabulary_has_its_manner() -> None:
    assert {scene.tags[0] for scene in (*SCENES, CYRILLIC, ARABIC)} == set(MANNERS)


def test_versions_of_a_song_share_its_chords_but_not_its_score() -> None:
    song, slower = composed(short_piece(samples=60 * RATE)), composed(short_piece(samples=60 * RATE, version="Slower"))
    assert slower.beat_samples > song.beat_samples * 1.15
    without = composed(short_piece(samples=60 * RATE, version="Without Drums"))
    assert len(without.parts) == len(song.parts) - 1


@pytest.mark.parametrize("seed", range(3))
def test_every_track_of_a_roster_is_a_piece_of_its_length(seed: int) -> None:
    roster = roster_of(seed)
    pieces = list(pieces_of(seed, roster))
    assert all(piece.samples == roster.record(where).songs[number].seconds * RATE for where, number, piece in pieces)
    assert len({(piece.artist, piece.song, piece.version, piece.start) for _, _, piece in pieces}) == len(pieces)
    assert all(composed(pieces[number][2]).parts for number in range(0, len(pieces), 17))


@pytest.mark.parametrize("seed", range(3))
def test_one_album_of_a_roster_is_a_continuous_piece(seed: int) -> None:
    roster = roster_of(seed)
    where = gapless_release(roster)
    record = roster.record(where)
    assert (record.kind, record.status) == ("album", "published")
    tracks = [piece_of(seed, roster, where, number) for number in range(len(record.songs))]
    assert [track.start for track in tracks] == list(tracks[0].cuts[:-1])
    assert sum(track.samples for track in tracks) == tracks[0].whole


@pytest.mark.parametrize("bars", [2, 6, 10, 24, 31, 64, 120, 200])
def test_a_form_fills_its_bars(bars: int) -> None:
    sections = form_of(bars)
    assert sum(section.bars for section in sections) == bars
    assert all(one.bar + one.bars == two.bar for one, two in pairwise(sections))


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_every_instrument_plays_in_tune(name: str) -> None:
    note = NoteBank().note(name, 57, RATE)
    size = 1 << 18
    spectrum = np.abs(np.fft.rfft(note.samples[0, : 3 * RATE], size))
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    ratio = np.log2(hertz[spectrum.argmax()] / 220)
    # The strongest partial is a harmonic of A, or an octave below for bells.
    assert min(abs(ratio - np.log2(k)) for k in (0.5, 1, 1.5, 2, 3, 4, 5, 6, 8)) < 0.012
