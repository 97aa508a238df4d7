"""The operator's bearer token: the one that was set, or one made at the first start and kept in VAR_DIR."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from veza.kit.messages import gettext
from veza.settings import Settings

_BYTES = 32


class NoToken(Exception):
    """The token can neither be read nor made; says what to do."""


def token_file(settings: Settings) -> Path:
    return settings.var_dir / "operator-token"


def operator_token(settings: Settings) -> str:
    """Return the token operators sign in with; makes the file (mode 600) when there is neither a setting nor a file."""
    if chosen := settings.operator_token.get_secret_value():
        return chosen
    path = token_file(settings)
    try:
        settings.var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        # O_EXCL: of two processes starting at once one makes the token and the other reads it.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    except OSError as error:
        raise NoToken(
            gettext(
                "cannot write {path} ({strerror}): make VAR_DIR a folder we may write to",
                path=path,
                strerror=error.strerror,
            )
        ) from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(_BYTES) + "\n")
    return _read(path)


def _read(path: Path) -> str:
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NoToken(
            gettext("cannot read {path} ({error}): set OPERATOR_TOKEN, or mend the file", path=path, error=error)
        ) from None
    if len(token) < _BYTES:
        raise NoToken(gettext("{path} does not hold a token: delete it, and the next start makes a new one", path=path))
    return token
