"""Streaming as the composition root builds it, and as the doors are given it."""

from __future__ import annotations

from dataclasses import dataclass

from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.streaming.download_worker import DownloadWorker
from veza.streaming.eviction import make_space
from veza.streaming.links import Links
from veza.streaming.listenbrainz import ListenBrainz
from veza.streaming.lost_files import LostDownloads
from veza.streaming.rules import DownloadRules
from veza.streaming.scrobble_worker import ScrobbleWorker


@dataclass
class Streaming:
    """The database, the objects that files lie in, how downloads are made, the links to them, and where listens may go
    (None: nowhere)."""

    database: Database
    objects: Objects
    rules: DownloadRules
    links: Links
    listenbrainz: ListenBrainz | None = None

    @property
    def download_worker(self) -> DownloadWorker:
        """The worker that makes downloads."""
        return DownloadWorker(self.database, self.objects, self.rules)

    @property
    def scrobble_worker(self) -> ScrobbleWorker | None:
        """The worker that sends listens, where they may go anywhere."""
        return ScrobbleWorker(self.database, self.listenbrainz) if self.listenbrainz is not None else None

    @property
    def lost(self) -> LostDownloads:
        """The downloads whose file the store has lost."""
        return LostDownloads(self.database, self.objects)

    async def make_space(self) -> None:
        """Evict downloads until no more are kept than may be. Raises ObjectsUnavailable."""
        await make_space(self.database, self.objects, self.rules.most_bytes)
