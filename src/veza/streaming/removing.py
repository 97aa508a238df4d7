"""Removing downloads: those of tracks that are gone, and those whose space is wanted. Files first, rows last."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select

from veza.catalog.slugs import as_id
from veza.ingest.audio_files import remove_files
from veza.kit.database import Database, Session
from veza.kit.objects import Objects
from veza.streaming.downloads import Download


async def remove_downloads_of(database: Database, objects: Objects, track_ids: Collection[UUID]) -> None:
    """Remove every download of these tracks. It follows the event of their deletion, and is repeated until it succeeds:
    a row stays as long as it names a file. Raises ObjectsUnavailable."""
    async with database.read() as session:
        ids = (await session.scalars(select(Download.id).where(Download.track_id.in_(track_ids)))).all()
    for one in ids:
        await remove_files(objects, f"downloads/{one}")
        async with database.write("download removal") as session:
            await session.execute(delete(Download).where(Download.id == one))


async def named_downloads(session: Session, keys: Collection[str]) -> set[str]:
    """Which of these keys a download names: that of its file, or any of the attempt that goes on."""
    ids = {one for key in keys if (one := as_id(key.split("/")[1])) is not None}
    rows = (await session.scalars(select(Download).where(Download.id.in_(ids)))).all()
    files = {one.key for one in rows}
    begun = tuple(f"downloads/{one.id}/{one.attempt}/" for one in rows if one.status == "making")
    return {key for key in keys if key in files or key.startswith(begun)}
