"""Files that only the owner of the process may read, such as tokens and links that give rights."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from veza.settings import Settings


def admin_link_file(settings: Settings) -> Path:
    return settings.var_dir / "admin-link"


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
