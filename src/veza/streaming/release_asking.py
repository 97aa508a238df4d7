"""Asking for a release as one ZIP: every file of it is made first, so that its length and every byte are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from veza.audio.download_formats import DownloadFormat
from veza.catalog.releases import Release
from veza.catalog.tracks import find_track
from veza.kit.database import Session
from veza.streaming.asking import Holder, downloadable_of
from veza.streaming.downloads import (
    Download,
    FileRequest,
    FormatNotOffered,
    NoSuchDownload,
    ask_for,
    file_requests,
    find_each,
    find_known,
)
from veza.streaming.hearing import NoSoundYet
from veza.streaming.release_archives import ReleaseArchive, contents_of, find_archive, keep_archive
from veza.streaming.track_files import ReleaseFiles, files_of


@dataclass(frozen=True, slots=True)
class ReleaseDownload:
    """The files of a release that the holder may have, and their archive. `left_out` are tracks that have no sound."""

    release_id: UUID
    wanted: DownloadFormat
    downloads: Sequence[Download]
    left_out: Sequence[UUID]
    archive: ReleaseArchive

    @property
    def status(self) -> str:
        """`failed` where one file failed, `evicted` where one went, `ready` where all are there, else `making`."""
        found = {one.status for one in self.downloads}
        return next((one for one in ("failed", "evicted") if one in found), "ready" if found == {"ready"} else "making")

    @property
    def share(self) -> float:
        """Of all files that is made, 0 to 1."""
        return sum(1.0 if one.status == "ready" else one.share or 0.0 for one in self.downloads) / len(self.downloads)

    @property
    def linked_until(self) -> datetime:
        """When a link to the archive ends."""
        return self.archive.linked_until


async def ask_for_release(
    session: Session, holder: Holder, release_id: UUID, wanted: DownloadFormat
) -> ReleaseDownload:
    """What the holder may download of a release, begun where it is not there. Raises UnknownRelease, NotOwned,
    SignInNeeded, NoSoundYet, FormatNotOffered, RateLimited."""
    files, asked = await _asked(session, holder, release_id, wanted)
    downloads = await ask_for(session, asked, holder.id)
    archive = await keep_archive(session, release_id, wanted, contents_of(files, downloads))
    return ReleaseDownload(release_id, wanted, downloads, files.silent, archive)


async def find_for_release(
    session: Session, holder: Holder, release_id: UUID, wanted: DownloadFormat
) -> ReleaseDownload:
    """The same, if it was asked for. Raises NoSuchDownload too."""
    files, asked = await _asked(session, holder, release_id, wanted)
    downloads = await find_each(session, asked)
    archive = await find_archive(session, release_id, wanted, contents_of(files, downloads))
    return ReleaseDownload(release_id, wanted, downloads, files.silent, archive)


@dataclass(frozen=True, slots=True)
class KnownDownloads:
    """What of a release was asked for in a format: the downloads of its tracks that the holder may have, and (or None)
    the whole of it."""

    files: ReleaseFiles
    mine: set[UUID]
    downloads: Mapping[UUID, Download]
    whole: ReleaseDownload | None


async def known_downloads(
    session: Session, holder: Holder, release_id: UUID, wanted: DownloadFormat
) -> KnownDownloads | None:
    """What a page about the release shows; None where nothing of it has a sound, or it is not offered in the format.
    Raises UnknownRelease, NotOwned, SignInNeeded."""
    try:
        files, asked = await _asked(session, holder, release_id, wanted)
    except (NoSoundYet, FormatNotOffered):
        return None
    known = await find_known(session, asked)
    whole = None
    with suppress(NoSuchDownload):
        downloads = [known[one.file.track_id] for one in asked if one.file.track_id in known]
        if len(downloads) == len(asked):
            archive = await find_archive(session, release_id, wanted, contents_of(files, downloads))
            whole = ReleaseDownload(release_id, wanted, downloads, files.silent, archive)
    return KnownDownloads(files, {one.file.track_id for one in asked}, known, whole)


async def _asked(
    session: Session, holder: Holder, release_id: UUID, wanted: DownloadFormat
) -> tuple[ReleaseFiles, list[FileRequest]]:
    mine = await downloadable_of(session, holder, release_id)
    files = await files_of(session, await session.get_one(Release, release_id))
    theirs = [one for one in files.tracks if one.track_id in mine]
    if not theirs:
        raise NoSoundYet(await find_track(session, min(mine)))
    return files, file_requests(theirs, wanted)
