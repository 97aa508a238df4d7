"""Chunks of a local file, read at their positions and off the event loop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path

CHUNK_BYTES = 256 * 1024
"""One trip to a thread; half a second of lossless sound."""


class CutShort(Exception):
    """What is read ended before its length. In mid-answer the connection is closed: the client sees it."""


class OpenFile:
    """Closed when the last read is done with it: one whose answer was cancelled may still go on in its thread."""

    __slots__ = ("__weakref__", "descriptor")

    def __init__(self, path: Path | str) -> None:
        self.descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __del__(self) -> None:
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)

    def read(self, start: int, wanted: int) -> bytes:
        return os.pread(self.descriptor, wanted, start)


async def file_chunks(path: Path, start: int, end: int, chunk_bytes: int = CHUNK_BYTES) -> AsyncGenerator[bytes, None]:
    """Bytes from `start` up to, not including, `end`, or to the file's end. Raises OSError if it cannot be read."""
    file = await asyncio.to_thread(OpenFile, path)
    while start < end:
        chunk = await asyncio.to_thread(file.read, start, min(chunk_bytes, end - start))
        if not chunk:
            return
        yield chunk
        start += len(chunk)
