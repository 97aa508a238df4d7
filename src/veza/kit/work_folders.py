"""Folders for files in the making. What a killed process left behind is removed by the next that makes one.

A folder is locked (flock) for as long as its process works in it; the kernel unlocks those of a process that is gone.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from veza.kit.messages import Message, gettext, message_of
from veza.kit.objects import ObjectsUnavailable

_FULL = (errno.ENOSPC, errno.EDQUOT)
_SHORT = (errno.ENOMEM, errno.EMFILE, errno.ENFILE)


class DiskFull(OSError):
    """There is no space for files in the making."""

    def __init__(self) -> None:
        super().__init__(gettext("the server's disk for files in the making is full"))


def trouble_of(error: Exception) -> Message:
    """What a person is told of a store or a disk that failed; it names no address and no path of the server."""
    if isinstance(error, ObjectsUnavailable):
        if error.is_full:
            return gettext("the server's object store is full")
        return gettext("the server's object store cannot be reached or written")
    if not isinstance(error, OSError) or error.errno is None:
        return message_of(error)
    if error.errno in _FULL:
        return message_of(DiskFull())
    return gettext("the server cannot keep files in the making: {reason}", reason=os.strerror(error.errno))


def raise_shortage(error: OSError) -> None:
    """Raises DiskFull, or the error itself, where the server is short of space, memory or open files: no file is to
    blame for that."""
    if error.errno in _FULL:
        raise DiskFull from error
    if error.errno in _SHORT:
        raise error


@asynccontextmanager
async def work_folder(parent: Path, prefix: str) -> AsyncIterator[Path]:
    """A new folder in `parent`, which is made where there is none; it is gone at the end. Raises OSError."""
    folder, lock = await asyncio.to_thread(_opened, parent, prefix)
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        os.close(lock)


def _opened(parent: Path, prefix: str) -> tuple[Path, int]:
    parent.mkdir(parents=True, exist_ok=True)
    # While it is locked no other process looks for what is left behind: a new folder is not locked at once.
    all_folders = os.open(parent, os.O_RDONLY)
    try:
        fcntl.flock(all_folders, fcntl.LOCK_EX)
        _remove_left_behind(parent)
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        return folder, lock
    finally:
        os.close(all_folders)


def _remove_left_behind(parent: Path) -> None:
    for one in parent.iterdir():
        with suppress(OSError):  # it is no folder, or just gone
            lock = os.open(one, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(one)
            finally:
                os.close(lock)
