"""The tags of a stranger's file are read in a process of its own, bounded like the one that reads its sound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from veza.audio.apart import bounded_child, unreadable, wordless_end
from veza.audio.jobs import Limits
from veza.ingest.artwork import Candidate, read_candidate
from veza.ingest.file_reading import ReadFile
from veza.ingest.reading_jobs import ReadingAnswer, ReadingJob
from veza.ingest.sources import Source, SourceFile, UnreadableFile
from veza.kit.messages import Message, from_child, message_of

LONGEST_ANSWER_BYTES = 24 << 20
"""What the process may say: a picture of 15 MB in base64. The longest tags have some kilobytes, a cue sheet at most
1 MB."""


class NotRead(Exception):
    """Nothing could be read of the file; the sentence says why."""

    def __init__(self, said: Message) -> None:
        super().__init__(said)


def limits_for(source_bytes: int) -> Limits:
    """Enough for every honest file: its bytes are hashed twice, which takes 5 s for a gigabyte."""
    cpu = 20 + round(source_bytes / 2**30 * 20)
    return Limits(memory_bytes=1 << 30, cpu_seconds=cpu, wall_seconds=4.0 * cpu, output_bytes=1 << 20)


async def read_apart(path: Path, file: SourceFile, encoding: str | None = None) -> ReadFile:
    """What the file at `path` says of itself. Raises NotRead."""
    answer = await _asked(ReadingJob(str(path), file, limits_for(file.size), encoding))
    if answer.read is None:
        raise NotRead(unreadable())
    return answer.read


async def picture_apart(path: Path, file: SourceFile, picture_hash: str) -> bytes:
    """The picture inside the file at `path` that has this hash. Raises NotRead."""
    answer = await _asked(ReadingJob(str(path), file, limits_for(file.size), picture_hash=picture_hash))
    if answer.picture is None:
        raise NotRead(unreadable())
    return answer.picture


class ReaderApart:
    """Reads the files of an import in processes of their own, each after it is copied into `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def file(self, source: Source, file: SourceFile, encoding: str | None) -> ReadFile:
        async with self._copied(source, file) as path:
            try:
                return await read_apart(path, file, encoding)
            except NotRead as error:
                raise UnreadableFile(message_of(error)) from None

    async def picture(self, source: Source, candidate: Candidate, most_bytes: int) -> bytes:
        if not candidate.hash:  # a file of its own, of which nothing is read here but its bytes
            return await asyncio.to_thread(read_candidate, source, candidate, most_bytes)
        async with self._copied(source, candidate.file) as path:
            try:
                return await picture_apart(path, candidate.file, candidate.hash)
            except NotRead as error:
                raise UnreadableFile(message_of(error)) from None

    @asynccontextmanager
    async def _copied(self, source: Source, file: SourceFile) -> AsyncIterator[Path]:
        path = self._folder / "file"
        try:
            await asyncio.to_thread(source.copy, file, path)
            yield path
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)


async def _asked(job: ReadingJob) -> ReadingAnswer:
    async with bounded_child("veza.ingest.reading_process", job, job.limits, NotRead) as process:
        assert process.stdout is not None
        said = await _answer(process.stdout)
        if not said:
            await wordless_end(process)
    return _checked(said)


async def _answer(stream: asyncio.StreamReader) -> bytes:
    said = bytearray()
    while chunk := await stream.read(1 << 16):
        said += chunk
        if len(said) > LONGEST_ANSWER_BYTES:
            return b""
    return bytes(said)


def _checked(said: bytes) -> ReadingAnswer:
    with suppress(msgspec.MsgspecError, ValueError):
        answer = msgspec.json.decode(said, type=ReadingAnswer)
        if answer.refused is not None:
            raise NotRead(from_child(answer.refused))
        return answer
    raise NotRead(unreadable())
