"""How downloads are made, and how much of them is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from veza.ingest.track_jobs import LEASE

GIB = 1024**3


@dataclass(frozen=True, slots=True)
class DownloadRules:
    """How downloads are made: how many at once, how long a track may be, where files lie meanwhile.

    Above `most_bytes` those go that no live link names. Above twice as much, and `least_linked_bytes` at least, none is
    made. `free_disk_bytes` stay free.
    """

    folder: Path
    concurrency: int = 2
    longest: timedelta = timedelta(hours=6)
    most_bytes: int = 50 * GIB
    lease: timedelta = LEASE
    least_linked_bytes: int = 10 * GIB
    free_disk_bytes: int = 2 * GIB

    @property
    def most_linked_bytes(self) -> int:
        """What downloads take at most, those that a live link names included."""
        return max(2 * self.most_bytes, self.least_linked_bytes)
