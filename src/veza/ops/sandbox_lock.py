"""One process for one sandbox's file: two would each keep their own memory of it, and overwrite the other's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from veza.lab.sandbox.hosted import state_file
from veza.ops import running
from veza.settings import Settings

PATIENCE_SECONDS = 1.0


class StateInUse(Exception):
    """Another process has the sandbox's file; says which, and the way on."""


@contextmanager
def held(path: Path, settings: Settings) -> Iterator[None]:
    """Hold the sandbox's file inside the block; the lock is a file beside it, with the holder's process id in it.

    The file of a VAR_DIR is also that of the `veza serve` which holds the folder. Raises StateInUse and OSError.
    """
    beside = settings.model_copy(update={"var_dir": path.resolve().parent})
    if path.resolve() == state_file(beside).resolve() and (shop := running.find(beside)) is not None:
        raise StateInUse(_sentence(path, f"the `veza serve` of its folder (process {shop.process})", shop.process))
    with locked(path):
        yield


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """`held` for who holds the file's folder already. Raises StateInUse and OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(f"{path.name}.lock"), mode=0o600, thread_local=False)
    try:
        lock.acquire(timeout=PATIENCE_SECONDS)
    except Timeout:
        holder = _holder(Path(lock.lock_file))
        who = f"process {holder}" if holder else "another process"
        raise StateInUse(_sentence(path, f"another `veza sandbox` ({who})", holder)) from None
    try:
        Path(lock.lock_file).write_text(f"{os.getpid()}\n", encoding="utf-8")
        yield
    finally:
        lock.release()


def _sentence(path: Path, who: str, process: int | None) -> str:
    stop = f"stop that one (kill {process})" if process else "stop that one"
    return f"the sandbox's file {path} is in use by {who}: {stop}, or use another file"


def _holder(lock_file: Path) -> int | None:
    try:
        return int(lock_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
