"""What the process of reading_apart.py is told and says. This file imports little, for each such process imports it."""

from __future__ import annotations

from msgspec import Struct

from veza.audio.jobs import Limits
from veza.ingest.file_reading import ReadFile
from veza.ingest.sources import SourceFile


class ReadingJob(Struct, frozen=True):
    """Read the file at `path`, which its sender calls `file`; `encoding` is that of tags which do not say theirs. With
    `picture_hash`, only the picture inside it that has this hash."""

    path: str
    file: SourceFile
    limits: Limits
    encoding: str | None = None
    picture_hash: str | None = None


class ReadingAnswer(Struct, frozen=True):
    """One of them: what was read, the picture, or why neither, as `to_json` has it."""

    read: ReadFile | None = None
    picture: bytes | None = None
    refused: str | None = None
