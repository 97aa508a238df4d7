"""Deleting a draft with everything that stands on it."""

from __future__ import annotations

from veza.catalog import slugs, tagging
from veza.catalog.releases import NotDraft, Release
from veza.catalog.tracks import forget_tracks
from veza.kit.database import Session
from veza.moderation import reports


async def delete_release(session: Session, release: Release) -> None:
    """Delete a locked draft with its tracks; its slugs are free again. Raises NotDraft."""
    if release.status != "draft":
        raise NotDraft(release)
    await forget_tracks(session, release.id)
    await session.delete(release)
    await session.flush()
    await tagging.forget(session, release.id)
    await slugs.forget(session, release.id)
    await reports.forget_labels(session, "release", [release.id])
