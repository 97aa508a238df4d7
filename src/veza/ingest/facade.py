"""Ingest as the composition root builds it, and as the doors are given it."""

from __future__ import annotations

from dataclasses import dataclass, field

from veza.catalog.limits import Limits
from veza.ingest.audio_worker import AudioRules, AudioWorker
from veza.ingest.turns import Turns
from veza.ingest.upload_room import UploadLimits
from veza.ingest.upload_worker import UploadRules, UploadWorker
from veza.kit.database import Database
from veza.kit.objects import Objects


@dataclass
class Ingest:
    """The database, the objects originals and renditions are stored in, how originals are processed, how much may be
    uploaded, and how many tracks a release may have."""

    database: Database
    objects: Objects
    rules: AudioRules
    limits: UploadLimits = field(default_factory=UploadLimits)
    releases: Limits = field(default_factory=Limits)
    turns: Turns = field(default_factory=Turns)

    @property
    def audio_worker(self) -> AudioWorker:
        """The worker that turns originals into sound."""
        return AudioWorker(self.database, self.objects, self.rules)

    @property
    def upload_worker(self) -> UploadWorker:
        """The worker that turns uploads into originals."""
        return UploadWorker(self.database, self.objects, UploadRules(self.rules.folder, self.releases))
