"""Files that only the owner of the process may read, such as tokens and links that give rights."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from sqlalchemy.engine import make_url

from veza.settings import Settings


def admin_link_file(settings: Settings) -> Path:
    return settings.var_dir / "admin-link"


def database_files(settings: Settings) -> list[Path]:
    """The files of a SQLite database that are there: itself, its log, and what its connections share."""
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return []
    path = Path(str(url.database))
    beside = [path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal")]
    return [one for one in (path, *beside) if one.is_file()]


def close_to_others(settings: Settings) -> None:
    """Take away what others may do with the database's files: those of an earlier version were readable by all."""
    for path in database_files(settings):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            with contextlib.suppress(OSError):  # another owner's: `veza doctor` says so
                path.chmod(mode & 0o700)


def keep_secret(path: Path, text: str) -> None:
    """Write `text` with mode 600, whole or not at all; what stood there before is replaced. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        half.replace(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
