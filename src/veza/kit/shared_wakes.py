"""Wakes across the processes of one SQLite database: a small file beside it, which all of them map into their memory.

A topic has a place in the file. Who commits work for it writes a number there that no other process writes; who finds
another number there than its own rings the topic's bells. A process that wrote last has rung its own bells since.
"""

from __future__ import annotations

import mmap
import os
import secrets
from binascii import crc32
from collections.abc import Iterable
from pathlib import Path

import structlog
from sqlalchemy import URL

log = structlog.get_logger(__name__)

PLACES = 512
"""Two topics with one place wake each other's workers, for one look in vain."""
_BYTES = 8
_SUFFIX = "-wakes"


class SharedWakes:
    """The file of a database at `database_path`; it is made at its first use.

    Without it, on a disk where it cannot be made, a worker finds what another process left at its next look.
    """

    def __init__(self, database_path: Path) -> None:
        self._path = database_path.with_name(f"{database_path.name}{_SUFFIX}")
        self._number = secrets.randbits(8 * _BYTES)
        self._seen: dict[str, bytes] = {}
        self._mapped: mmap.mmap | None = None
        self._is_given_up = False

    @classmethod
    def beside(cls, url: URL) -> SharedWakes | None:
        """That of the database; None where it is no file that other processes could have open, too."""
        file = url.database if url.get_backend_name() == "sqlite" else None
        return None if not file or file.startswith((":memory:", "file:")) else cls(Path(file))

    def note(self, topic: str) -> None:
        """Tell the other processes that there is work."""
        mapped = self._file()
        if mapped is not None:
            self._number = (self._number + 1) % 2 ** (8 * _BYTES)
            self._seen[topic] = self._number.to_bytes(_BYTES, "little")
            at = _place_of(topic)
            mapped[at : at + _BYTES] = self._seen[topic]

    def woken(self, topics: Iterable[str]) -> list[str]:
        """Which of the topics other processes woke since this was asked for the last time; all that are new here."""
        mapped = self._file()
        if mapped is None:
            return []
        found = {topic: mapped[_place_of(topic) : _place_of(topic) + _BYTES] for topic in topics}
        woken = [topic for topic, number in found.items() if self._seen.get(topic) != number]
        self._seen |= found
        return woken

    def close(self) -> None:
        if self._mapped is not None:
            self._mapped.close()
            self._mapped = None

    def _file(self) -> mmap.mmap | None:
        if self._mapped is None and not self._is_given_up:
            try:
                self._mapped = _mapped(self._path)
            except OSError as error:
                self._is_given_up = True
                log.warning("wakes.not_shared", file=str(self._path), reason=str(error))
        return self._mapped


def _mapped(path: Path) -> mmap.mmap:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(file).st_size < PLACES * _BYTES:
            os.ftruncate(file, PLACES * _BYTES)
        return mmap.mmap(file, PLACES * _BYTES)
    finally:
        os.close(file)


def _place_of(topic: str) -> int:
    return crc32(topic.encode()) % PLACES * _BYTES
