"""Folders for files in the making: gone at their end, and after a process that was killed."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from pathlib import Path

import pytest

from veza.kit.messages import gettext
from veza.kit.objects import ObjectsUnavailable
from veza.kit.work_folders import DiskFull, trouble_of, work_folder

HOLDS_ONE = """
import asyncio, sys
from pathlib import Path
from veza.kit.work_folders import work_folder
async def main():
    async with work_folder(Path(sys.argv[1]), "a-") as folder:
        (folder / "half").touch()
        print("there", flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


def names(folder: Path) -> list[str]:
    """The beginning of each name in it."""
    return sorted(one.name[:2] for one in folder.iterdir())


async def fails_in(parent: Path) -> None:
    async with work_folder(parent, "a-") as folder:
        (folder / "deep").mkdir()
        raise ZeroDivisionError


async def test_a_folder_is_gone_at_its_end_whatever_lies_in_it(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        await fails_in(tmp_path / "new")
    assert names(tmp_path / "new") == []


async def test_what_a_killed_process_left_goes_with_the_next_folder_and_not_before(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDS_ONE, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"there\n"
    async with work_folder(tmp_path, "b-"):
        assert names(tmp_path) == ["a-", "b-"], "it is at work"
    process.kill()
    await process.wait()
    assert names(tmp_path) == ["a-"]
    async with work_folder(tmp_path, "c-"):
        assert names(tmp_path) == ["c-"]


async def test_what_is_no_folder_stays(tmp_path: Path) -> None:
    (tmp_path / "notes").touch()
    (tmp_path / "elsewhere").symlink_to("/")
    async with work_folder(tmp_path, "a-"):
        assert names(tmp_path) == ["a-", "el", "no"]
    assert names(tmp_path) == ["el", "no"]


def test_trouble_is_told_without_paths_and_addresses() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/var/veza/processing/a")
    denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/var/veza/processing/a")
    gone = ObjectsUnavailable(gettext("put an object"), OSError("http://10.0.0.1/bucket: connection refused"))
    assert str(trouble_of(full)) == str(trouble_of(DiskFull())) == "the server's disk for files in the making is full"
    assert str(trouble_of(denied)) == "the server cannot keep files in the making: Permission denied"
    assert str(trouble_of(gone)) == "the server's object store cannot be reached or written"
