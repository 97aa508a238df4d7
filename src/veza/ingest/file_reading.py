"""One file is read: its tags, the pictures inside it, and the hashes it is found again by."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import IO

from veza.catalog.pictures import hash_of
from veza.ingest import encodings
from veza.ingest.audio_hash import audio_hash
from veza.ingest.cue_sheets import MOST_BYTES as MOST_BYTES_OF_SHEET
from veza.ingest.found import PictureSeen
from veza.ingest.media import Media, read_media
from veza.ingest.recording import Recording, read_recording
from veza.ingest.sources import SourceFile


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file says of itself: its recording, the hashes of the whole and of its sound, the pictures inside it, and
    the cue sheet inside it ("" without one)."""

    recording: Recording
    file_hash: str
    audio_hash: str
    pictures: tuple[PictureSeen, ...]
    sheet: str


def read_file(opened: IO[bytes], file: SourceFile, encoding: str | None = None) -> ReadFile:
    """Read a file; `encoding` is that of tags which do not say theirs. Raises UnreadableFile."""
    media = read_media(opened, file)
    pictures = [PictureSeen(one.kind, len(one.data), hash_of(one.data)) for one in media.pictures if one.data]
    return ReadFile(
        recording=read_recording(media, file, encoding),
        file_hash=_hash_file(opened),
        audio_hash=audio_hash(opened, media.form),
        pictures=tuple(pictures),
        sheet=_sheet_inside(media, encoding),
    )


def _sheet_inside(media: Media, encoding: str | None) -> str:
    text = next(iter(media.texts.get("cuesheet", [])), "")
    return (encodings.decode(text, encoding) if isinstance(text, bytes) else text)[:MOST_BYTES_OF_SHEET]


def _hash_file(opened: IO[bytes]) -> str:
    """The hash of a whole file."""
    opened.seek(0)
    return hashlib.file_digest(opened, "sha256").hexdigest()  # type: ignore[arg-type]  # any reader of bytes will do
