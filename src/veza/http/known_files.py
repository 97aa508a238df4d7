"""Files that links may read just now: the server answers a range of one itself, without asking the application again.

The application says so of an answer it gives (`answer_range`, `known_for`). For some seconds the same link is then good
for other ranges, with the same fields. Through the application a range of 128 KB takes two and a half times as long.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from weakref import WeakValueDictionary

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from veza.http.open_files import OpenFile
from veza.http.ranges import choose_plainly

KNOWN = "veza.known"
"""In a `http.response.start`: an Offer."""
MOST_KNOWN = 8_192
"""Links of one server, 1 KB each: as many as one address may hold connections (CONNECTIONS_PER_ADDRESS)."""
MOST_OPEN = 256
"""Files that are kept open for them, each for all links to it: opening it for each range is a tenth of the answer."""
MOST_PART_BYTES = 1 << 20
"""What is larger takes turns with other answers, which the application's way does."""

_NOT_PLAIN = frozenset((
    b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since", b"if-range",
    b"content-length", b"transfer-encoding", b"expect", b"upgrade",
))  # fmt: skip
_OF_ONE_ANSWER = frozenset((b"content-range", b"content-length", b"x-request-id", b"connection", b"date"))

Field = tuple[bytes, bytes]

log = structlog.get_logger("veza.http")
_levels = logging.getLogger("veza.http")


class Offer(NamedTuple):
    """What the application says of an answer: its file, with so many bytes, and how long its link is good."""

    path: str
    length: int
    known_for: timedelta


class Part(NamedTuple):
    """An answer: `head`, and the bytes of `file` from `start` up to `end`."""

    head: bytes
    file: OpenFile
    start: int
    end: int


@dataclass(slots=True)
class KnownFile:
    """A file, and what is told of it each time, in the form of a head."""

    path: str
    length: int
    fields: bytes
    until: float
    _open: Callable[[str, int], OpenFile | None]
    _file: OpenFile | None = None

    def part(self, headers: Iterable[Field], more: Iterable[Field]) -> Part | None:
        """The answer to a GET with these headers; `more` are the server's own fields.

        None where the application has to answer: one plain range is not all that is asked for, or the file is another.
        """
        asked = _plain_range(headers)
        choice = choose_plainly(asked, self.length) if asked else None
        if choice is None or choice.span is None:
            return None
        start, end = choice.span
        if end - start > MOST_PART_BYTES:
            return None
        if self._file is None:
            self._file = self._open(self.path, self.length)
            if self._file is None:
                return None
        own = b"".join([b"%s: %s\r\n" % one for one in more])
        told = b"content-range: %s\r\ncontent-length: %d\r\n\r\n" % (choice.content_range.encode(), end - start)
        return Part(STATUS_LINE[206] + own + self.fields + told, self._file, start, end)


class KnownFiles:
    """What one server knows, by request target: at most MOST_KNOWN, the latest ones, of at most MOST_OPEN files."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._known: dict[bytes, KnownFile] = {}
        self._files: WeakValueDictionary[tuple[int, int], OpenFile] = WeakValueDictionary()

    def remember(self, target: bytes, offer: Offer, fields: Iterable[Field]) -> None:
        """Answer requests for ranges of `target` from the file; all `fields` that are not of one answer go along.

        An answer that sets a cookie is one person's, and not remembered.
        """
        told = [(name.lower(), value) for name, value in fields]
        if any(name == b"set-cookie" for name, _ in told):
            return
        kept = b"".join([b"%s: %s\r\n" % one for one in told if one[0] not in _OF_ONE_ANSWER])
        self._known.pop(target, None)
        until = self._now() + offer.known_for.total_seconds()
        self._known[target] = KnownFile(offer.path, offer.length, kept, until, self._opened)
        self.forget_old()

    def find(self, target: bytes) -> KnownFile | None:
        """The file behind a link, while that is known."""
        found = self._known.get(target)
        if found is None or found.until >= self._now():
            return found
        del self._known[target]
        return None

    def forget_old(self) -> None:
        """Close the files of links that are known no more."""
        known, now = self._known, self._now()
        while known and (
            len(known) > MOST_KNOWN or len(self._files) > MOST_OPEN or next(iter(known.values())).until < now
        ):
            del known[next(iter(known))]

    def _opened(self, path: str, length: int) -> OpenFile | None:
        """The file that lies there now, if it has so many bytes; open already, where another link leads to it."""
        try:
            found = os.stat(path)
            if found.st_size != length:
                return None
            file = self._files.get((found.st_dev, found.st_ino))
            if file is None:
                file = OpenFile(path)
                found = os.fstat(file.descriptor)
                self._files[found.st_dev, found.st_ino] = file
        except OSError:
            return None
        return file if found.st_size == length else None


def say_answered(target: bytes, began: float) -> None:
    """The request's line, at debug as it is for answers of this kind (`request_log.keep_quiet`)."""
    if _levels.isEnabledFor(logging.DEBUG):
        path = target.partition(b"?")[0].decode("latin-1")
        log.debug("request", method="GET", path=path, status=206, ms=round((time.perf_counter() - began) * 1000, 1))


def _plain_range(headers: Iterable[Field]) -> bytes | None:
    """The value of `Range`, if there is one such field, and none that asks for more than a part."""
    asked = None
    for name, value in headers:
        if name == b"range":
            if asked is not None:
                return None
            asked = value
        elif name in _NOT_PLAIN:
            return None
    return asked
