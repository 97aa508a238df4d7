"""A database that the migrations have made, once for each worker: making one takes most of a second of a processor."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from veza.ops.migrations import migrate
from veza.settings import Settings


def put_migrated(folder: Path) -> Path:
    """Make `folder` a VAR_DIR with such a database, and with the key it was made with; returns it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in _files().items():
        file = folder / name
        file.touch(mode=0o600)
        file.write_bytes(content)
    return folder


@cache
def _files() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(1) as beside_the_loop:
        beside_the_loop.submit(migrate, Settings(var_dir=Path(name))).result()
        return {file.name: file.read_bytes() for file in Path(name).iterdir()}
