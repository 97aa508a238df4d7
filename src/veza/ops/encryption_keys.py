"""The keys that secrets are sealed with: those that were set, or a file made at the first start and kept in VAR_DIR."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from veza.kit.messages import gettext
from veza.kit.secret_box import BadKeys, SecretBox, new_key
from veza.ops.operator_token import NoToken
from veza.settings import Settings


class NoKeys(NoToken):
    """The keys can neither be read nor made; says what to do."""


def keys_file(settings: Settings) -> Path:
    return settings.var_dir / "encryption-keys"


def secret_box(settings: Settings) -> SecretBox:
    """The box of this deployment; makes the file (mode 600) when there is no setting and no file. Raises NoKeys."""
    try:
        if settings.encryption_keys:
            return SecretBox([key.get_secret_value() for key in settings.encryption_keys])
        path = keys_file(settings)
        if not path.exists():
            _write(path, [new_key()], replace=False)
        return SecretBox(_read(path), path)
    except BadKeys as error:
        where = "ENCRYPTION_KEYS" if settings.encryption_keys else str(keys_file(settings))
        raise NoKeys(gettext("{where}: {error}", where=where, error=error)) from None


def add_key(settings: Settings) -> None:
    """Put a new key first in the file; values sealed with the others are still opened. Raises NoKeys."""
    path = keys_file(settings)
    _write(path, [new_key(), *_read(path)], replace=True)


def keep_newest(settings: Settings) -> int:
    """Forget every key of the file but the first; returns how many went. Raises NoKeys."""
    path = keys_file(settings)
    newest, *others = _read(path)
    if others:
        _write(path, [newest], replace=True)
    return len(others)


def _read(path: Path) -> Sequence[str]:
    try:
        return path.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise NoKeys(
            gettext(
                "cannot read {path} ({error}): bring it back from a backup, or set ENCRYPTION_KEYS",
                path=path,
                error=error,
            )
        ) from None


def _write(path: Path, keys: Sequence[str], *, replace: bool) -> None:
    """The whole file at once: of two processes that start together one makes it, and the other reads all of it."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write("\n".join(keys) + "\n")
            file.flush()
            os.fsync(file.fileno())
        if replace:
            part.replace(path)
        else:
            try:
                os.link(part, path)
            except FileExistsError:
                pass  # another process was first
            finally:
                part.unlink()
    except OSError as error:
        raise NoKeys(
            gettext(
                "cannot write {path} ({strerror}): make VAR_DIR a folder we may write to",
                path=path,
                strerror=error.strerror,
            )
        ) from None
