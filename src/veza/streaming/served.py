"""What a link leads to, as the door serves it: asked at every request whether it may still be had."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from veza.accounts import people, roles
from veza.accounts.permissions import Permission, allows
from veza.audio.download_formats import DownloadFormat, suffix_of
from veza.ingest.audio_versions import AudioVersion, UnknownVersion, find_version
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.streaming.asking import Holder, demand_track, downloadable_of, original_of
from veza.streaming.downloads import Download, downloads_by_id
from veza.streaming.file_names import file_name
from veza.streaming.links import Link, LinkKind, UnknownLink
from veza.streaming.release_archives import Contents, ReleaseArchive

MEDIA_TYPES = {
    "flac": "audio/flac", "wav": "audio/wav", "m4a": "audio/mp4", "mp3": "audio/mpeg", "opus": "audio/ogg",
}  # fmt: skip
"""By the end of a file's name."""
ORIGINAL = "application/octet-stream"
"""Of what was sent, which is handed back as it is: its name and content say what it is."""


class NotThere(LookupError):
    """The file behind a link is not there any more, or not yet again."""

    def __init__(self, download_id: UUID) -> None:
        super().__init__(gettext("the file of this link is not there: ask for it again"))
        self.download_id = download_id


@dataclass(frozen=True, slots=True)
class ServedFile:
    """An object of `length` bytes, and what it is called; `etag` is quoted and strong."""

    name: str
    media_type: str
    length: int
    etag: str
    modified_at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class ServedArchive:
    """What a ZIP is packed of; the cover and the licence are in its contents."""

    contents: Contents
    files: Sequence[PackedFile]
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of the archive: its name in the folder, its object, and what is known of its bytes."""

    name: str
    key: str
    size_bytes: int
    crc32: int
    etag: str


async def file_behind(session: Session, link: Link) -> ServedFile | ServedArchive:
    """What the link leads to. Raises what `asking` raises for one who may not have it, NotThere, UnknownVersion, and
    UnknownLink where the account it was made for is gone or suspended."""
    if link.person_id is not None and not await people.is_open(session, link.person_id):
        raise UnknownLink
    return await _BEHIND[link.kind](session, link)


async def _track(session: Session, link: Link) -> ServedFile:
    row = await session.get(Download, link.id)
    if row is None:
        raise NotThere(link.id)
    await demand_track(session, Holder(link.person_id, link.claim_id), row.track_id)
    if row.key is None or row.size_bytes is None or row.ready_at is None or row.status != "ready":
        raise NotThere(link.id)
    return ServedFile(row.file_name, media_type_of(row.wanted), row.size_bytes, row.etag, row.ready_at, row.key)


async def _original(session: Session, link: Link) -> ServedFile:
    version = await find_version(session, link.id)
    if link.person_id is None or not await _is_artist(session, link.person_id):
        raise UnknownVersion(link.id)
    await original_of(session, version.track_id, link.person_id)
    etag = f'"{version.file_hash[:32]}"'
    return ServedFile(
        name_of(version), ORIGINAL, version.original_bytes, etag, version.created_at,
        version.original_key,
    )  # fmt: skip


async def _is_artist(session: Session, person_id: UUID) -> bool:
    """Whether the person has the right still by which originals are asked for."""
    return allows(Permission.PUBLISH, (await roles.of(session, [person_id]))[person_id])


async def _release(session: Session, link: Link) -> ServedArchive:
    archive = await session.get(ReleaseArchive, link.id)
    if archive is None:
        raise NotThere(link.id)
    contents = archive.packed
    mine = await downloadable_of(session, Holder(link.person_id, link.claim_id), archive.release_id)
    rows = await downloads_by_id(session, [one.download_id for one in contents.files])
    files, instants = [], []
    for one in contents.files:
        row = rows.get(one.download_id)
        # A track that is hidden meanwhile is not in the archive that is asked for next.
        if row is None or one.track_id not in mine or row.status != "ready":
            raise NotThere(link.id)
        if row.key is None or row.size_bytes is None or row.crc32 is None or row.ready_at is None:
            raise NotThere(link.id)
        files.append(PackedFile(one.name, row.key, row.size_bytes, row.crc32, row.etag))
        instants.append(row.ready_at)
    return ServedArchive(contents, files, max(instants))


_BEHIND: Mapping[LinkKind, Callable[[Session, Link], Awaitable[ServedFile | ServedArchive]]] = {
    LinkKind.TRACK: _track, LinkKind.ORIGINAL: _original, LinkKind.RELEASE: _release,
}  # fmt: skip


def media_type_of(wanted: DownloadFormat) -> str:
    return MEDIA_TYPES[suffix_of(wanted)]


def name_of(version: AudioVersion) -> str:
    """What the original is called."""
    stem, _, suffix = version.file_name.rpartition(".")
    return file_name(stem, suffix) if stem else file_name(suffix)
