"""Removing the audio of tracks that are gone: what is stored first, the rows last.

It follows the event of the deletion, and is repeated until it succeeds: a row stays as long as it names a file.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select

from veza.ingest.audio_files import remove_files
from veza.ingest.audio_versions import AudioVersion
from veza.kit.database import Database
from veza.kit.objects import Objects

_ACTOR = "audio removal"


async def remove_audio_of(database: Database, objects: Objects, track_ids: Collection[UUID]) -> None:
    """Remove every version of these tracks' audio, with its original. Raises ObjectsUnavailable."""
    async with database.read() as session:
        mine = select(AudioVersion.id, AudioVersion.original_key).where(AudioVersion.track_id.in_(track_ids))
        rows = (await session.execute(mine.order_by(AudioVersion.id))).all()
    for version_id, original_key in rows:
        await remove_version(database, objects, version_id, original_key)


async def remove_version(database: Database, objects: Objects, version_id: UUID, original_key: str) -> None:
    """Remove a version with its files, and its original unless another version was made of it. Raises
    ObjectsUnavailable."""
    await remove_files(objects, f"audio/{version_id}")
    if await _leave_original(database, version_id, original_key):
        return
    await objects.remove(original_key)
    async with database.write(_ACTOR) as session:
        await session.execute(delete(AudioVersion).where(AudioVersion.id == version_id))


async def _leave_original(database: Database, version_id: UUID, original_key: str) -> bool:
    """Remove a version's row and leave its original, if another version was made of that; else False: its row is the
    last that names it. Of two that share one and go at once, the second takes the original along."""
    async with database.write(_ACTOR) as session:
        sharing = select(AudioVersion.id).where(AudioVersion.original_key == original_key)
        rows = set(await session.scalars(sharing.order_by(AudioVersion.id).with_for_update()))
        if rows <= {version_id}:
            return False
        await session.execute(delete(AudioVersion).where(AudioVersion.id == version_id))
        return True
