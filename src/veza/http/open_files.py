"""A local file that is read at positions, and what is said of one that is shorter than it was told to be."""

from __future__ import annotations

import os
from pathlib import Path


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
