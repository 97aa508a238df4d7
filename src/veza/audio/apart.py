"""A stranger's file is read in a process of its own: it may take so much memory, time and disk, and no more.

The process is told what to do on its standard input and says on its standard output, a line of JSON each, how far it
is. It reads the one file it is given and writes into the one folder it is given. What ends it (a bomb, a fault of a
decoder, the worker's own end) ends nothing else.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import msgspec
import structlog
from msgspec import Struct

from veza.audio.jobs import (
    DownloadJob,
    Encoded,
    Finished,
    FirstRung,
    Job,
    Limits,
    Progress,
    Refused,
    Said,
    SaidOfDownload,
)  # fmt: skip
from veza.kit.messages import Message, from_child, gettext
from veza.kit.work_folders import DiskFull

log = structlog.get_logger(__name__)

LONGEST_LINE_BYTES = 16 * 1024 * 1024
"""Of what the process says: the segments of a track of six hours are 1 MB."""
_GRACE_SECONDS = 5.0


def limits_for(source_bytes: int, longest_seconds: float) -> Limits:
    """Enough for every honest file of that size: a track of three minutes takes 7 s of processor time."""
    cpu = 60 + round(longest_seconds / 4)
    return Limits(
        memory_bytes=2 * 1024**3,
        cpu_seconds=cpu,
        wall_seconds=4.0 * cpu,
        output_bytes=1024**3 + 12 * source_bytes,
    )


class NotRendered(Exception):
    """No sound came of the file; the sentence says why, to the musician who uploaded it."""

    def __init__(self, said: Message) -> None:
        super().__init__(said)


async def render_apart(job: Job) -> AsyncGenerator[Said, None]:
    """What the process says, until it has finished. Closing the iterator ends the process.

    Raises NotRendered, DiskFull.
    """
    async with aclosing(_apart(job)) as process:
        async for said in process:
            assert not isinstance(said, Encoded)
            yield said


async def encode_apart(job: DownloadJob) -> AsyncGenerator[SaidOfDownload, None]:
    """The same for a download, which the process says is `Encoded` at its end."""
    async with aclosing(_apart(job)) as process:
        async for said in process:
            assert isinstance(said, SaidOfDownload)
            yield said


async def _apart(job: Job | DownloadJob) -> AsyncGenerator[Said | SaidOfDownload, None]:
    async with bounded_child("veza.audio.apart_process", job, job.limits, NotRendered) as process:
        async for said in _lines(process):
            yield said
            if isinstance(said, Finished | Encoded):
                return


@asynccontextmanager
async def bounded_child(
    module: str, job: Struct, limits: Limits, refused: Callable[[Message], Exception]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that runs `main` of a module, is told its job, and has ended with the block. Raises `refused` of a
    sentence if the block takes longer than the limits allow; all others the process sets itself."""
    # Isolated from the folder it is started in; no signal of the terminal's reaches it.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", f"from {module} import main; main()",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True, limit=LONGEST_LINE_BYTES, env=_environment(),
    )  # fmt: skip
    try:
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(job))
        process.stdin.close()
        async with asyncio.timeout(limits.wall_seconds):
            yield process
    except TimeoutError:
        said = gettext("reading the file took longer than {seconds:.0f} s", seconds=limits.wall_seconds)
        raise refused(said) from None
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def wordless_end(process: asyncio.subprocess.Process) -> int | None:
    """The exit code of a process that has said all it will, None if it goes on. Only of a full disk the process itself
    says so by its code: of any other end the log names code and signal."""
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _GRACE_SECONDS)
    code = process.returncode
    if code != os.EX_IOERR:
        ended_by = None if code is None or code >= 0 else signal.Signals(-code).name
        log.warning("reading.ended_without_a_word", exit_code=code, signal=ended_by)
    return code


def unreadable() -> Message:
    """What is said of a file at which the process ended without a word."""
    return gettext("the file cannot be read: it is broken, or reading it takes more memory or time than it may")


async def _lines(process: asyncio.subprocess.Process) -> AsyncIterator[Said | SaidOfDownload]:
    assert process.stdout is not None
    while True:
        try:
            line = await process.stdout.readline()
        except ValueError:  # longer than a line may be
            line = b""
        if not line.endswith(b"\n"):
            break
        try:
            said: Any = msgspec.json.decode(line, type=Progress | FirstRung | Finished | Encoded | Refused)
        except msgspec.MsgspecError:
            break
        if isinstance(said, Refused):
            try:
                raise NotRendered(from_child(said.said))
            except ValueError:
                break
        yield said
    if await wordless_end(process) == os.EX_IOERR:
        raise DiskFull
    raise NotRendered(unreadable())


def _environment() -> dict[str, str]:
    """What such a process sees of the environment."""
    # One thread of linear algebra: each further one reserves address space, which is limited.
    return {"OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
