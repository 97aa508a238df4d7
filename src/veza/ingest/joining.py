"""What has been uploaded becomes the sound of its track, or of a new track of its release, named by its tags."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy import select

from veza.catalog.limits import Limits
from veza.catalog.releases import Release
from veza.catalog.text_fields import BadValue
from veza.catalog.track_audio import lock_track
from veza.catalog.track_drafts import TrackDraft
from veza.catalog.tracks import add_tracks, find_track
from veza.ingest.originals import Original, take_original
from veza.ingest.reading_apart import NotRead, read_apart
from veza.ingest.recording import title_of_name
from veza.ingest.sources import SourceFile
from veza.ingest.uploads import Upload
from veza.kit.database import Session
from veza.kit.messages import Message, gettext, message_of
from veza.kit.objects import Objects
from veza.kit.work_folders import work_folder

log = structlog.get_logger(__name__)


class NoTrack(Exception):
    """There is no track that the file could be the sound of; says why, to the musician who sent it."""

    def __init__(self, said: Message) -> None:
        super().__init__(said)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The track that a file says it is, and the hash of its sound without its tags."""

    track: TrackDraft
    audio_hash: str | None


async def prepared(objects: Objects, folder: Path, original: Original) -> Prepared:
    """What the tags of a stored original say; without any that can be read, its file's name is its title.

    Raises ObjectsUnavailable, OSError.
    """
    file = SourceFile(original.file_name.replace("/", "_") or "Untitled", original.size_bytes)
    async with work_folder(folder, "tags-") as own:
        return await _read(await objects.file_of(original.key, own / "original"), file)


async def _read(path: Path, file: SourceFile) -> Prepared:
    try:
        read = await read_apart(path, file)
    except NotRead as error:
        # Tags are suggestions: whether there is sound in it, the audio worker finds out.
        log.info("upload.tags_not_read", reason=str(error))
        return Prepared(TrackDraft(title_of_name(file)), None)
    return Prepared(read.recording.track, read.audio_hash)


async def put_on_track(
    session: Session, upload: Upload, original: Original, found: Prepared | None, limits: Limits
) -> UUID:
    """Make the original a version of its track's audio, or of a new track's as it was `found`; returns the track's id.

    Raises NoTrack.
    """
    track_id = upload.track_id
    if track_id is None:
        track_id = await _new_track(session, upload, found, limits)
    elif not await lock_track(session, track_id):
        raise NoTrack(gettext("the track it was sent for is gone"))
    if found is not None:
        original = replace(original, audio_hash=found.audio_hash)
    await take_original(session, await find_track(session, track_id), original, because=gettext("it was uploaded"))
    return track_id


async def _new_track(session: Session, upload: Upload, found: Prepared | None, limits: Limits) -> UUID:
    assert found is not None  # prepared for every upload without a track
    mine = select(Release).where(Release.id == upload.release_id).with_for_update()
    release = (await session.scalars(mine)).one_or_none()
    if release is None:
        raise NoTrack(gettext("the release it was sent for is gone"))
    try:
        (track,) = await add_tracks(session, release, [found.track], limits=limits)
    except BadValue as error:
        raise NoTrack(message_of(error)) from None
    return track.id
