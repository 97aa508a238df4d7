"""Opening what is to be imported: a folder, or a ZIP."""

from __future__ import annotations

import zipfile
from pathlib import Path

from veza.ingest.archive import Archive, why_no_zip
from veza.ingest.folder import Folder
from veza.ingest.sources import BOUNDS, BadSource, Bounds, Source
from veza.kit.messages import gettext
from veza.kit.work_folders import raise_shortage


def open_source(path: Path, bounds: Bounds = BOUNDS, encoding: str | None = None, spool: Path | None = None) -> Source:
    """The source at `path`; `encoding` is that of names that are not UTF-8. Large entries of a ZIP are unpacked into
    unnamed files in `spool`, or in the system's own folder for such.

    Raises BadSource, and OSError where the server is short of space, memory or open files.
    """
    try:
        if path.is_dir():
            return Folder(path, bounds, encoding)
        if is_zip(path):
            return Archive(path, bounds, encoding, spool)
        if path.exists():
            raise BadSource(gettext("{path} {why_no_zip}", path=path, why_no_zip=why_no_zip(path)))
    except zipfile.BadZipFile as error:
        raise BadSource(
            gettext(
                "{path} is a damaged ZIP ({error}): fetch it again, or unpack what is left of it",
                path=path,
                error=error,
            )
        ) from None
    except (OSError, ValueError, NotImplementedError) as error:
        if isinstance(error, OSError):
            raise_shortage(error)
        why = (isinstance(error, OSError) and error.strerror) or error
        raise BadSource(gettext("{path} cannot be read: {why}", path=path, why=why)) from None
    raise BadSource(gettext("there is no {path}", path=path))


def is_zip(path: Path) -> bool:
    """Whether the file at `path`, if there is one, is a ZIP. Raises OSError if it cannot be opened."""
    if not path.is_file():
        return False
    with path.open("rb") as opened:  # by its path the library takes any failure for “no ZIP”
        return zipfile.is_zipfile(opened)
