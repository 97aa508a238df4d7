"""Waveforms drawn as paths of SVG, kept by the version of the sound that they draw: a version never changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cachetools import LRUCache

from veza.audio.rendered import Waveform
from veza.ingest.track_sound import waveforms_of
from veza.kit.database import Session

ROW_POINTS, ROW_HEIGHT = 96, 30
TRACK_POINTS, TRACK_HEIGHT = 480, 208
MOST_KEPT = 4_096
"""Of 2 KB each."""
LEAST_HEIGHT = 2
"""Silence is a thin line, not nothing."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Two paths, mirrored about the middle: the highest samples, and how loud it is (RMS)."""

    width: int
    height: int
    peak: str
    loud: str


class Waves:
    """Draws what lists of tracks show."""

    def __init__(self) -> None:
        self._kept: LRUCache[UUID, Drawn] = LRUCache(MOST_KEPT)

    async def of_rows(self, session: Session, rows: Iterable[Any]) -> Mapping[UUID, Drawn]:
        """Track id → its wave, for the tracks among `rows` that have a sound; one statement for those not kept."""
        versions = {row.audio_id: row.id for row in rows if row.audio_id is not None}
        missing = [version for version in versions if version not in self._kept]
        for version, found in (await waveforms_of(session, missing)).items():
            self._kept[version] = draw(found, ROW_POINTS, ROW_HEIGHT)
        return {versions[version]: self._kept[version] for version in versions if version in self._kept}

    async def of_track(self, session: Session, row: Any) -> Drawn | None:
        """The large wave of one track."""
        if row.audio_id is None:
            return None
        found = (await waveforms_of(session, [row.audio_id])).get(row.audio_id)
        return None if found is None else draw(found, TRACK_POINTS, TRACK_HEIGHT)


def draw(found: Waveform, points: int, height: int) -> Drawn:
    """The two paths on a grid of two units a point."""
    return Drawn(
        2 * points, height, _path(_fewer(found.peaks, points), height), _path(_fewer(found.rms, points), height)
    )


def _fewer(values: bytes, points: int) -> list[int]:
    """The highest value of each of `points` equal parts."""
    count = len(values)
    if count == 0:
        return [0] * points
    return [
        max(values[place * count // points : max((place + 1) * count // points, place * count // points + 1)])
        for place in range(points)
    ]


def _path(levels: list[int], height: int) -> str:
    """A closed path: along the upper edge to the right, back along the lower one."""
    halves = [max(LEAST_HEIGHT, round(level * height / 255)) // 2 for level in levels]
    middle = height // 2
    upper = "".join(f"L{2 * place} {middle - half}" for place, half in enumerate(halves))
    lower = "".join(f"L{2 * place} {middle + half}" for place, half in reversed(list(enumerate(halves))))
    return f"M{upper[1:]}{lower}Z"
