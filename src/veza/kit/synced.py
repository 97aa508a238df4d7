"""Files that outlive a power failure: they and their folders are on the disk before anything is said of them."""

from __future__ import annotations

import os
from pathlib import Path


def synced(folder: Path, name: str) -> None:
    """Have the file `name` under `folder`, and each folder down to it, written to the disk. Raises OSError.

    A file that has been removed meanwhile is left out.
    """
    path = folder / name
    for one in (path, *path.parents[: len(Path(name).parts)]):
        try:
            descriptor = os.open(one, os.O_RDONLY)
        except FileNotFoundError:
            return
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
