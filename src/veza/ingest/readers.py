"""Who reads the files of an import: this process, for an operator's own; for a stranger's, one that is bounded."""

from __future__ import annotations

import asyncio
from typing import Protocol

from veza.ingest.artwork import Candidate, read_candidate
from veza.ingest.file_reading import ReadFile, read_file
from veza.ingest.sources import Source, SourceFile


class Reader(Protocol):
    """Reads files of a source; both methods raise UnreadableFile."""

    async def file(self, source: Source, file: SourceFile, encoding: str | None) -> ReadFile:
        """What the file says of itself; `encoding` is that of tags which do not say theirs."""

    async def picture(self, source: Source, candidate: Candidate, most_bytes: int) -> bytes:
        """The bytes of a picture that may be the cover, one more than `most_bytes` where there are more."""


class ReaderHere:
    """Reads in a thread of this process."""

    async def file(self, source: Source, file: SourceFile, encoding: str | None) -> ReadFile:
        return await asyncio.to_thread(_read, source, file, encoding)

    async def picture(self, source: Source, candidate: Candidate, most_bytes: int) -> bytes:
        return await asyncio.to_thread(read_candidate, source, candidate, most_bytes)


def _read(source: Source, file: SourceFile, encoding: str | None) -> ReadFile:
    with source.open(file) as opened:
        return read_file(opened, file, encoding)
