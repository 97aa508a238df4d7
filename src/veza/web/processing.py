"""How far the processing of a track is, as pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from veza.audio.jobs import Stage
from veza.ingest.audio_versions import versions_of
from veza.kit.database import Session

STEPS: list[str] = [Stage.FIRST_RUNG, Stage.ALL_RUNGS, Stage.PREVIEW]
"""What the processing of a track goes through."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the processing of a track is: `percent` of a step is done, None where the file does not say."""

    step: int
    steps: int
    percent: int | None


async def progress_of(session: Session, track_id: UUID) -> Progress | None:
    """How far the newest version is; None where no worker has begun."""
    for version in await versions_of(session, track_id):
        if version.is_on_its_way and version.stage in STEPS:
            percent = None if version.share is None else int(100 * version.share)
            return Progress(STEPS.index(version.stage) + 1, len(STEPS), percent)
    return None
