"""A folder as a source. Links are not followed: the report names them as left out."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from veza.ingest import encodings
from veza.ingest.containers import PICTURE, SOUND, streams
from veza.ingest.forms import (
    ARCHIVES,
    MAYBE_FILMS,
    READ,
    SHEETS,
    SNIFFED_BYTES,
    UNREAD_AUDIO,
    form_of,
    is_apple_double,
    is_litter,
    sniffed,
)  # fmt: skip
from veza.ingest.sources import Bounds, Gathered, Listed, SourceFile, UnreadableFile
from veza.kit.work_folders import raise_shortage


class Folder:
    """A folder as a source. Names are bytes on disk; those that are not UTF-8 are decoded by one encoding."""

    is_archive = False

    def __init__(self, folder: Path, bounds: Bounds, encoding: str | None) -> None:
        self._folder = os.fsencode(folder.resolve())
        self._real: dict[str, bytes] = {}
        self._gathered = Gathered(bounds)
        self._walked: list[tuple[bytes, os.stat_result]] = []
        self._unseen: dict[bytes, str] = {}
        self._walk()
        self._decode_with(encoding)
        for raw, about in self._walked:
            self._find(raw, about)
        for raw, why in self._unseen.items():
            self._gathered.listed.refused.append((self._name_of(raw), why))
        self.listed: Listed = self._gathered.listed
        self.listed.files.sort(key=lambda file: file.path)
        self.listed.sheets.sort(key=lambda file: file.path)
        self.root = self._name_of(self._folder)
        self.name = self.root.rpartition("/")[2]

    def place(self, file: SourceFile) -> str:
        return f"{self.root}/{file.path}"

    def close(self) -> None:
        """Nothing is open between two reads."""

    @contextmanager
    def open(self, file: SourceFile) -> Iterator[IO[bytes]]:
        try:
            with open(self._real[file.path], "rb") as opened:
                yield opened
        except OSError as error:
            raise_shortage(error)
            raise UnreadableFile(error.strerror or str(error)) from None

    def copy(self, file: SourceFile, path: Path) -> None:
        with self.open(file) as opened, path.open("wb") as copy:
            shutil.copyfileobj(opened, copy, 1024 * 1024)

    def _walk(self) -> None:
        for where, folders, names in os.walk(self._folder, onerror=self._cannot_look, followlinks=False):
            for name in sorted([*folders, *names]):
                self._gathered.count()
                found = os.path.join(where, name)
                try:
                    about = os.lstat(found)
                except OSError as error:
                    self._cannot_look(error)
                    continue
                if name not in folders or stat.S_ISLNK(about.st_mode) or is_litter(os.fsdecode(name)):
                    self._walked.append((os.path.relpath(found, self._folder), about))
            folders[:] = sorted(name for name in folders if not is_litter(os.fsdecode(name)))

    def _cannot_look(self, error: OSError) -> None:
        raise_shortage(error)
        where = os.fsencode(error.filename)
        if where == self._folder:
            raise error
        self._unseen[os.path.relpath(where, self._folder)] = error.strerror or str(error)

    def _decode_with(self, encoding: str | None) -> None:
        odd = [raw for raw, _ in self._walked if not encodings.is_utf_8(raw)]
        self._encoding = encoding or encodings.guess(odd)
        if odd and encoding is None:
            self._gathered.listed.notes.append(
                f"names that are not UTF-8 ({len(odd)}) were read as {self._encoding or 'cp1252'}, which is a guess:"
                " check them"
            )

    def _name_of(self, raw: bytes) -> str:
        return encodings.decode(raw, self._encoding)

    def _find(self, raw: bytes, about: os.stat_result) -> None:
        """List the file at `raw` as to be read, as left out with the reason, or not at all."""
        listed, path = self._gathered.listed, self._name_of(raw)
        name, form = path.rpartition("/")[2], form_of(path)
        if is_litter(name):
            listed.others.append(path)
        elif stat.S_ISLNK(about.st_mode):
            self._find_link(raw, path)
        elif not stat.S_ISREG(about.st_mode):
            (listed.refused.append((path, "it is no file")) if form in READ else listed.others.append(path))
        elif is_apple_double(name, self._head(raw)):
            listed.others.append(path)
        elif form in READ or form in SHEETS:
            file = SourceFile(path, about.st_size)
            if path in self._real:
                listed.refused.append((path, "another file has the same name when it is written in UTF-8"))
            elif form in SHEETS or self._gathered.take(file):
                if form in SHEETS:
                    listed.sheets.append(file)
                self._real[path] = raw if os.path.isabs(raw) else os.path.join(self._folder, raw)
        else:
            self._leave_out(raw, path)

    def _find_link(self, raw: bytes, path: str) -> None:
        listed, real = self._gathered.listed, os.path.join(self._folder, raw)
        if form_of(path) in READ | SHEETS or form_of(path) in UNREAD_AUDIO or os.path.isdir(real):
            to = self._name_of(os.readlink(real))
            listed.refused.append(
                (path, f"it is a link to {to[:200]}: links are not followed, import what it leads to")
            )
        else:
            listed.others.append(path)

    def _leave_out(self, raw: bytes, path: str) -> None:
        try:
            with open(os.path.join(self._folder, raw), "rb") as opened:
                leave_out(self._gathered.listed, path, opened)
        except OSError:
            leave_out(self._gathered.listed, path, None)

    def _head(self, raw: bytes) -> bytes:
        try:
            with open(os.path.join(self._folder, raw), "rb") as opened:
                return opened.read(SNIFFED_BYTES)
        except OSError:
            return b""


def leave_out(listed: Listed, path: str, opened: IO[bytes] | None) -> None:
    """Say of a file that is not read what it is: audio, an archive, a film, or none of these; by its name alone where
    it cannot be opened."""
    form, head = form_of(path), opened.read(SNIFFED_BYTES) if opened is not None else b""
    container, inside = streams(opened, head) if opened is not None else ("", set[str]())
    found = sniffed(head)
    if PICTURE in inside and (form in MAYBE_FILMS or form not in UNREAD_AUDIO):
        listed.films.append(path)
    elif form in UNREAD_AUDIO:
        listed.refused.append((path, f"{UNREAD_AUDIO[form]} is not read: convert it to FLAC, or to MP3"))
    elif form in ARCHIVES:
        listed.refused.append((path, "it is an archive inside: import it by itself"))
    elif container == "MP4" and SOUND in inside:
        listed.refused.append((path, _misnamed("M4A", ".m4a")))
    elif found is not None and found[1] is not None:
        listed.refused.append((path, _misnamed(found[0], found[1])))
    elif found is not None or SOUND in inside:
        name = found[0] if found is not None else container
        listed.refused.append((path, f"it holds {name} audio, which is not read: convert it to FLAC, or to MP3"))
    else:
        listed.others.append(path)


def _misnamed(name: str, form: str) -> str:
    return f"it holds {name} audio, its name does not say so: let it end in {form}"
