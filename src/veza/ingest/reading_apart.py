"""The tags of a stranger's file are read in a process of its own, bounded like the one that reads its sound."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from veza.audio.apart import Limits, environment_of_child
from veza.ingest.file_reading import ReadFile
from veza.ingest.sources import SourceFile
from veza.kit.messages import Message, from_child, gettext

LONGEST_ANSWER_BYTES = 4 << 20
"""What one file may say of itself; the longest tags of collections have some kilobytes, a cue sheet at most 1 MB."""


class ReadingJob(Struct, frozen=True):
    """Read the file at `path`, which its sender calls `file`; `encoding` is that of tags which do not say theirs."""

    path: str
    file: SourceFile
    limits: Limits
    encoding: str | None = None


class ReadingAnswer(Struct, frozen=True):
    """One of the two: what was read, or why not, as `to_json` has it."""

    read: ReadFile | None = None
    refused: str | None = None


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
    job = ReadingJob(str(path), file, limits_for(file.size), encoding)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", "from veza.ingest.reading_process import main; main()",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True, env=environment_of_child(),
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(job.limits.wall_seconds):
            with suppress(BrokenPipeError, ConnectionResetError):
                process.stdin.write(msgspec.json.encode(job))
                process.stdin.close()
            said = await _answer(process.stdout)
    except TimeoutError:
        raise NotRead(
            gettext("reading the file took longer than {seconds:.0f} s", seconds=job.limits.wall_seconds)
        ) from None
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    return _read_of(said)


async def _answer(stream: asyncio.StreamReader) -> bytes:
    said = bytearray()
    while chunk := await stream.read(1 << 16):
        said += chunk
        if len(said) > LONGEST_ANSWER_BYTES:
            return b""
    return bytes(said)


def _read_of(said: bytes) -> ReadFile:
    with suppress(msgspec.MsgspecError, ValueError):
        answer = msgspec.json.decode(said, type=ReadingAnswer)
        if answer.read is not None:
            return answer.read
        if answer.refused is not None:
            raise NotRead(from_child(answer.refused))
    raise NotRead(gettext("the file cannot be read: it is broken, or reading it takes more memory or time than it may"))
