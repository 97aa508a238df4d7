"""Secrets that have to be readable again: sealed before they are stored, with a key that is not in the database.

A stolen copy of the database then opens no account: the shared secret of a second factor, the text of a mail with a
one-time link and the stored answers of the API are Fernet tokens (AES-128-CBC with HMAC-SHA256). What need not be
readable is hashed instead (`accounts/secret.py`). Values are sealed with the newest key and opened with any of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from veza.kit.messages import gettext


class CannotOpen(Exception):
    """A stored value was sealed with a key that is not here."""

    def __init__(self) -> None:
        super().__init__(gettext("a stored secret was sealed with a key that is not here: bring the file of keys back"))


class BadKeys(ValueError):
    """Text that holds no keys; says what to do."""


def new_key() -> str:
    """A key: 32 random bytes in URL-safe base64."""
    return Fernet.generate_key().decode()


class SecretBox:
    """Seals and opens with `keys`, the newest first; reads them again from `path` once that file has changed."""

    def __init__(self, keys: Sequence[str], path: Path | None = None) -> None:
        self._path, self._stamp = path, _stamp(path)
        self._fernet = _fernet(keys)

    def seal(self, text: str) -> str:
        """The text, readable with the newest key only."""
        self._read_again()  # another process may have added a key
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text that was sealed; raises CannotOpen."""
        return self._opened(sealed).decode()

    def seal_bytes(self, value: bytes) -> bytes:
        """`seal` for bytes."""
        self._read_again()
        return self._fernet.encrypt(value)

    def open_bytes(self, sealed: bytes) -> bytes:
        """`open` for bytes."""
        return self._opened(sealed)

    def reseal(self, sealed: str | bytes) -> str | bytes:
        """The same value, sealed with the newest key; raises CannotOpen."""
        self._read_again()
        try:
            again = self._fernet.rotate(sealed)
        except InvalidToken:
            raise CannotOpen from None
        return again.decode() if isinstance(sealed, str) else again

    def _opened(self, sealed: str | bytes) -> bytes:
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            if not self._read_again():
                raise CannotOpen from None
        return self._opened(sealed)

    def _read_again(self) -> bool:
        """Whether the file had changed."""
        stamp = _stamp(self._path)
        if self._path is None or stamp is None or stamp == self._stamp:
            return False
        self._fernet, self._stamp = _fernet(self._path.read_text(encoding="ascii").split()), stamp
        return True


def _fernet(keys: Sequence[str]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise BadKeys(
            gettext("a key is 32 bytes in URL-safe base64, as `veza keys new` prints it, and there is one at least")
        ) from None


def _stamp(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


@cache
def box_of_this_process() -> SecretBox:
    """A box with a key that is not stored, for a database that ends with its process (tests, the simulator)."""
    return SecretBox([new_key()])
