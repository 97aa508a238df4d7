"""Sounds that are kept in memory, so that a listener's segment asks no database.

They are bounded by their bytes: one of six hours is as large as ninety of four minutes.
"""

from __future__ import annotations

from uuid import UUID

from cachetools import LRUCache

from veza.ingest.track_sound import Sound

KEPT_BYTES = 64 << 20
"""In one process: some 1,400 tracks of four minutes, or sixteen of six hours."""
SOUND_BYTES = 5_000
"""Of a sound without its segments."""
SEGMENT_BYTES = 192
"""Of one segment with its place in the list: four numbers, each an object."""


def bytes_of(sound: Sound) -> int:
    """What a sound takes in memory, nearly."""
    found = [*sound.rendered.renditions, *([sound.preview] if sound.preview else [])]
    return SOUND_BYTES + SEGMENT_BYTES * sum(len(one.segments) for one in found)


class KeptSounds:
    """By version, those that were asked for last. One that is not whole is not kept: more of it will be there."""

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._kept: LRUCache[UUID, Sound] = LRUCache(most_bytes, getsizeof=bytes_of)

    def get(self, version_id: UUID) -> Sound | None:
        return self._kept.get(version_id)

    def keep(self, sound: Sound) -> None:
        if sound.is_whole and bytes_of(sound) <= self._kept.maxsize:
            self._kept[sound.version_id] = sound

    @property
    def size_bytes(self) -> int:
        """Of all of them."""
        return int(self._kept.currsize)
