"""The recordings of an import become the sound of their tracks: each is stored as an original, for the audio worker.

A killed import leaves tracks without sound; the next one finds and completes them.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from veza.catalog.facade import Catalog
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.ingest.audio_versions import AudioVersion, versions_of
from veza.ingest.found import FoundFile
from veza.ingest.grouping import Group
from veza.ingest.memory import ImportedFile, hash_of_text
from veza.ingest.originals import Original, original_key, take_original
from veza.ingest.sources import Source
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.kit.objects import chunks_of

SENT_BY = "import"
_READS_AT_ONCE = 500


async def send_originals(catalog: Catalog, artist_id: UUID, source: Source, group: Group, actor: str) -> int:
    """Store the recordings of a group whose tracks lack their sound; returns how many there were.

    Raises UnreadableFile, ObjectsUnavailable, OSError.
    """
    async with catalog.database.read() as session:
        wanted = await _wanted(session, artist_id, group)
    for one, track_id in wanted:
        key = original_key(catalog.database.ids.new())
        with source.open(one.file) as opened:
            await catalog.objects.write(key, chunks_of(opened))
        original = Original(key, one.file.size, one.file_hash, one.file.name, SENT_BY, one.audio_hash)
        async with catalog.database.write(actor) as session:
            track = await session.get(Track, track_id, with_for_update=True)
            if track is not None and await _lacks(session, one, track):
                await take_original(session, track, original, because=gettext("it was imported"))
    return len(wanted)


async def _wanted(session: Session, artist_id: UUID, group: Group) -> list[tuple[FoundFile, UUID]]:
    """The files that tracks were made of, whose sound those tracks have not got."""
    files = {one.place: one for one in group.files}
    places = list(files)
    wanted = []
    for at in range(0, len(places), _READS_AT_ONCE):
        hashes = [hash_of_text(place) for place in places[at : at + _READS_AT_ONCE]]
        mine = (ImportedFile.artist_id == artist_id, ImportedFile.path_hash.in_(hashes), ImportedFile.is_main)
        for row in (await session.scalars(select(ImportedFile).where(*mine).order_by(ImportedFile.id))).all():
            track = await session.get(Track, row.track_id)
            found = files.get(row.path)
            if track is not None and found is not None and await _lacks(session, found, track):
                wanted.append((found, track.id))
    return wanted


async def _lacks(session: Session, found: FoundFile, track: Track) -> bool:
    """Whether a track has no sound, or that of an earlier state of this file; what people uploaded stays."""
    versions = [one for one in await versions_of(session, track.id) if one.status != "canceled"]
    if not versions:
        return True
    newest = versions[-1]
    if newest.sent_by != SENT_BY or _is_same(newest, found):
        return False
    release = await session.get_one(Release, track.release_id)
    return release.status == "draft"


def _is_same(version: AudioVersion, found: FoundFile) -> bool:
    """Other tags around the same sound make no other version."""
    return version.file_hash == found.file_hash or version.audio_hash == found.audio_hash
