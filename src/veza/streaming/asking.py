"""Asking for downloads: who may have which file, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from veza.accounts.identity import SignInNeeded
from veza.audio.download_formats import DownloadFormat
from veza.catalog.acting import role_of
from veza.catalog.releases import Release, UnknownRelease
from veza.catalog.tracks import Track, UnknownTrack, find_track
from veza.ingest.audio_versions import AudioVersion, find_version
from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.library import access
from veza.streaming.downloads import Download, FileRequest, ask_for, file_requests, find_each
from veza.streaming.hearing import NoSoundYet
from veza.streaming.track_files import TrackFile, files_of


@dataclass(frozen=True, slots=True)
class Holder:
    """A person, or who showed the link of an order or code without an account (`claim_id`); a visitor is neither."""

    person_id: UUID | None
    claim_id: UUID | None = None

    @property
    def id(self) -> UUID | None:
        """Who it is, for what each may have so much of."""
        return self.person_id or self.claim_id


class NotOwned(Exception):
    """The holder sees it and may not download it."""

    def __init__(self, because: Message) -> None:
        super().__init__(gettext("this cannot be downloaded: {because}", because=because))


async def ask_for_track(session: Session, holder: Holder, track_id: UUID, wanted: DownloadFormat) -> Download:
    """The track's download in a format, begun if it is not there. Raises UnknownTrack, NotOwned, SignInNeeded,
    NoSoundYet, FormatNotOffered, RateLimited."""
    (download,) = await ask_for(session, await _of_track(session, holder, track_id, wanted), holder.id)
    return download


async def find_for_track(session: Session, holder: Holder, track_id: UUID, wanted: DownloadFormat) -> Download:
    """The same, if it was asked for. Raises NoSuchDownload too."""
    (download,) = await find_each(session, await _of_track(session, holder, track_id, wanted))
    return download


async def track_file(session: Session, holder: Holder, track_id: UUID) -> TrackFile:
    """What the holder may download of a track. Raises UnknownTrack, NotOwned, SignInNeeded, NoSoundYet."""
    await demand_track(session, holder, track_id)
    track = await find_track(session, track_id)
    files = await files_of(session, await session.get_one(Release, track.release_id))
    found = next((one for one in files.tracks if one.track_id == track_id), None)
    if found is None:
        raise NoSoundYet(track)
    return found


async def demand_track(session: Session, holder: Holder, track_id: UUID) -> None:
    """Raises UnknownTrack, NotOwned or SignInNeeded unless the holder may download the track now."""
    found = await access.may_by_claim(session, holder.person_id, track_id, holder.claim_id)
    if not found.download:
        raise _refused(holder, found.because) if found.sees else UnknownTrack(track_id)


async def downloadable_of(session: Session, holder: Holder, release_id: UUID) -> set[UUID]:
    """The tracks of a release that the holder may download now, one at least. Raises UnknownRelease, NotOwned,
    SignInNeeded."""
    each = await access.may_each(session, holder.person_id, release_id, holder.claim_id)
    mine = {track_id for track_id, found in each.items() if found.download}
    if mine:
        return mine
    seen = next((found for found in each.values() if found.sees), None)
    raise UnknownRelease(release_id) if seen is None else _refused(holder, seen.because)


async def original_of(session: Session, track_id: UUID, person_id: UUID) -> AudioVersion:
    """The version that plays of a track, for its artist's people. Raises UnknownTrack, NoSoundYet."""
    track = await session.get(Track, track_id)
    if track is None or await role_of(session, track.artist_id, person_id) is None:
        raise UnknownTrack(track_id)
    if track.audio_id is None:
        raise NoSoundYet(track)
    return await find_version(session, track.audio_id)


async def _of_track(session: Session, holder: Holder, track_id: UUID, wanted: DownloadFormat) -> list[FileRequest]:
    return file_requests([await track_file(session, holder, track_id)], wanted)


def _refused(holder: Holder, because: Message) -> Exception:
    return SignInNeeded() if holder == Holder(None) else NotOwned(because)
