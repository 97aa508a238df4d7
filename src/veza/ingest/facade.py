"""Ingest as the composition root builds it, and as the doors are given it."""

from __future__ import annotations

from dataclasses import dataclass

from veza.ingest.audio_worker import AudioRules, AudioWorker
from veza.kit.database import Database
from veza.kit.objects import Objects


@dataclass
class Ingest:
    """The database, the objects originals and renditions are stored in, and how originals are processed."""

    database: Database
    objects: Objects
    rules: AudioRules

    @property
    def audio_worker(self) -> AudioWorker:
        """The worker that turns originals into sound."""
        return AudioWorker(self.database, self.objects, self.rules)
