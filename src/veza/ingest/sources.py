"""Where an import reads from: a folder, or a ZIP that may be hostile. Nothing is ever written beside it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from veza.ingest.forms import form_of
from veza.kit.messages import gettext

_GIB = 1024**3


class BadSource(Exception):
    """The source cannot be read, or is no folder or ZIP; says why in one sentence."""


class UnreadableFile(Exception):
    """One file of it cannot be read; says why in a few words."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is read at most, of recordings and pictures alone. A ZIP whose recordings unpack to over `ratio` times
    its size is a bomb, if they are large."""

    files: int = 50_000
    file_bytes: int = 4 * _GIB
    total_bytes: int = 1024 * _GIB
    ratio: int = 200
    ratio_from_bytes: int = 256 * 1024 * 1024


BOUNDS = Bounds()
MOST_NAMES = 1_000_000
"""Files of any kind in a source; a music collection has fewer."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file by its path inside the source, with slashes."""

    path: str
    size: int

    @property
    def folder(self) -> str:
        parent = str(PurePosixPath(self.path).parent)
        return "" if parent == "." else parent

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name

    @property
    def stem(self) -> str:
        return PurePosixPath(self.path).stem

    @property
    def form(self) -> str:
        return form_of(self.path)


@dataclass(slots=True)
class Listed:
    """What was found in a source: files to read in order, cue sheets, what is left out and why, films, and what is
    none of these."""

    files: list[SourceFile] = field(default_factory=list)
    sheets: list[SourceFile] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    films: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Source(Protocol):
    """A folder or a ZIP: its `name`, where it is (`root`, the same each time), and what is `listed` in it."""

    is_archive: bool
    name: str
    root: str
    listed: Listed

    def place(self, file: SourceFile) -> str:
        """Where the file is on this machine, in words that are the same whichever folder above it is imported."""

    def open(self, file: SourceFile) -> AbstractContextManager[IO[bytes]]:
        """The file, seekable. Raises UnreadableFile, and OSError where the server is short of space, memory or open
        files."""

    def copy(self, file: SourceFile, path: Path) -> None:
        """Write the file to `path`; raises the same."""

    def close(self) -> None:
        """Close the source."""


class Gathered:
    """The bounds of a source, as its files are found one by one."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self.listed = Listed()
        self.read_bytes = 0
        self._names = 0

    def count(self) -> None:
        """One more name of any kind; raises BadSource."""
        self._names += 1
        if self._names > MOST_NAMES:
            raise BadSource(
                gettext("there are more than {most_names:,} files: import them in parts", most_names=MOST_NAMES)
            )

    def take(self, file: SourceFile) -> bool:
        """Whether the recording or picture is read: it is not when it is too large. Raises BadSource."""
        bounds = self._bounds
        if file.size > bounds.file_bytes:
            self.listed.refused.append(
                (file.path, f"it has {file.size:,} bytes, at most {bounds.file_bytes:,} are read (IMPORT_FILE_BYTES)")
            )
            return False
        self.listed.files.append(file)
        self.read_bytes += file.size
        if len(self.listed.files) > bounds.files:
            raise BadSource(
                gettext(
                    "there are more than {files:,} recordings and pictures (IMPORT_FILES): import them in parts",
                    files=bounds.files,
                )
            )
        if self.read_bytes > bounds.total_bytes:
            raise BadSource(
                gettext(
                    "the recordings and pictures have more than {most:,} bytes (IMPORT_BYTES) together: "
                    "import them in parts",
                    most=bounds.total_bytes,
                )
            )
        return True
