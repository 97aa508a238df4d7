"""Which piece of music is which track of the roster."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from veza.lab.demo.music import RATE
from veza.lab.demo.roster import Act, Record, Roster

_VERSION = re.compile(r"^(?P<song>.+?)(?: \((?P<version>[^()]+)\)|, (?P<live>Live))$")
_GAPLESS = ("ambient", "drone")
"""Tags of the artist whose album is one continuous piece: the first that a roster has; each has a drone."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A track, as plain values that a child process can be given.

    `song` is the title without what it says of a version ("Live", "Demo", a remix), so that all versions share chords
    and melody. Of a continuous piece, `cuts` are the samples at which its tracks begin and, last, its length; the
    track is the samples from `start` on. Otherwise `start` is 0 and `cuts` are empty.
    """

    seed: int
    artist: str
    tags: tuple[str, ...]
    song: str
    version: str
    samples: int
    is_sample: bool = False
    start: int = 0
    cuts: tuple[int, ...] = ()

    @property
    def whole(self) -> int:
        """Samples of the music it belongs to."""
        return self.cuts[-1] if self.cuts else self.samples


def gapless_release(roster: Roster) -> tuple[int, int]:
    """The (act, record) of the roster that is one continuous piece cut into tracks."""
    for tag in _GAPLESS:
        for number, act in enumerate(roster.acts):
            if tag in act.tags:
                return number, next(place for place, record in enumerate(act.records) if record.kind == "album")
    raise LookupError("the roster has no artist whose album could be one continuous piece")


def piece_of(seed: int, roster: Roster, where: tuple[int, int], number: int) -> Piece:
    """The music of track `number` (from 0) of the release `where`."""
    act, record = roster.acts[where[0]], roster.record(where)
    if where == gapless_release(roster):
        return _movement(seed, act, record, number)
    song = record.songs[number]
    found = _VERSION.match(song.title)
    is_sample = record.kind == "sample_pack"
    base = found["song"] if found and not is_sample else song.title
    version = (found["version"] or found["live"]) if found and not is_sample else ""
    return Piece(seed, act.name, act.tags, base, version, song.seconds * RATE, is_sample)


def pieces_of(seed: int, roster: Roster) -> Iterator[tuple[tuple[int, int], int, Piece]]:
    """Every (release, track, piece) of the roster."""
    for act_number, act in enumerate(roster.acts):
        for place, record in enumerate(act.records):
            for number in range(len(record.songs)):
                yield (act_number, place), number, piece_of(seed, roster, (act_number, place), number)


def first_heard(seed: int, roster: Roster) -> tuple[tuple[int, int], int]:
    """The (release, track) whose sound is made first, because it is made soonest: the shortest song that is out."""
    songs = (
        (piece.whole, where, number)
        for where, number, piece in pieces_of(seed, roster)
        if roster.record(where).status == "published" and not piece.is_sample
    )
    _, where, number = min(songs)
    return where, number


def _movement(seed: int, act: Act, record: Record, number: int) -> Piece:
    cuts = [0]
    for song in record.songs:
        cuts.append(cuts[-1] + song.seconds * RATE)
    samples = record.songs[number].seconds * RATE
    return Piece(seed, act.name, act.tags, record.title, "", samples, start=cuts[number], cuts=tuple(cuts))
