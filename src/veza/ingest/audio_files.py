"""The files of a version in the object store: those of a finished attempt are kept, all others are removed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from veza.kit.objects import Objects


async def keep_files(objects: Objects, folder: Path, prefix: str, kept: set[str]) -> set[str]:
    """Store what lies in `folder` under `prefix`, but for what is `kept` already; returns the names stored now.

    Raises ObjectsUnavailable, OSError.
    """
    there = await asyncio.to_thread(lambda: sorted(one.name for one in folder.iterdir() if one.is_file()))
    names = [name for name in there if name not in kept]
    # At once: most of it is waiting for the disk.
    await asyncio.gather(*(objects.write_file(f"{prefix}/{name}", folder / name) for name in names))
    return set(names)


async def remove_files(objects: Objects, prefix: str, spared: str | None = None) -> int:
    """Remove what is stored under `prefix`, but for what is under `spared`; returns how many objects there were."""
    keys = [one.key async for one in objects.listing(prefix)]
    gone = [key for key in keys if spared is None or not key.startswith(f"{spared}/")]
    for key in gone:
        await objects.remove(key)
    return len(gone)
