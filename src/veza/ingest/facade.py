"""Ingest as the composition root builds it, and as the doors are given it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from veza.catalog.facade import Catalog
from veza.ingest.audio_worker import AudioRules, AudioWorker
from veza.ingest.turns import Turns
from veza.ingest.upload_space import UploadLimits, left_bytes
from veza.ingest.upload_worker import UploadRules, UploadWorker
from veza.kit.database import Database, Session
from veza.kit.objects import Objects


@dataclass(frozen=True, slots=True)
class UploadSpace:
    """How large a file may be (bytes) and how long its track; how much an artist may have, and may upload yet."""

    file_bytes: int
    longest: timedelta
    artist_bytes: int
    left_bytes: int


@dataclass
class Ingest:
    """The database, the objects originals and renditions are stored in, the catalogue that drafts are made in, how
    originals are processed, and how much may be uploaded."""

    database: Database
    objects: Objects
    catalog: Catalog
    rules: AudioRules
    limits: UploadLimits = field(default_factory=UploadLimits)
    turns: Turns = field(default_factory=Turns)

    async def space_of(self, session: Session, artist_id: UUID) -> UploadSpace:
        """How much may be uploaded for the artist."""
        left = await left_bytes(session, self.limits, artist_id)
        return UploadSpace(self.limits.file_bytes, self.rules.longest, self.limits.artist_bytes, left)

    @property
    def audio_worker(self) -> AudioWorker:
        """The worker that turns originals into sound."""
        return AudioWorker(self.database, self.objects, self.rules)

    @property
    def upload_worker(self) -> UploadWorker:
        """The worker that turns uploads into originals."""
        return UploadWorker(self.catalog, UploadRules(self.rules.folder, self.limits))
