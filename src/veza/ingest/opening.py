"""Opening what is to be imported: a folder, or a ZIP."""

from __future__ import annotations

import zipfile
from pathlib import Path

from veza.ingest.archive import Archive, why_no_zip
from veza.ingest.folder import Folder
from veza.ingest.sources import BOUNDS, BadSource, Bounds, Source
from veza.kit.messages import gettext


def open_source(path: Path, bounds: Bounds = BOUNDS, encoding: str | None = None) -> Source:
    """The source at `path`; `encoding` is that of names that are not UTF-8. Raises BadSource."""
    try:
        if path.is_dir():
            return Folder(path, bounds, encoding)
        if zipfile.is_zipfile(path):
            return Archive(path, bounds, encoding)
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
        why = (isinstance(error, OSError) and error.strerror) or error
        raise BadSource(gettext("{path} cannot be read: {why}", path=path, why=why)) from None
    raise BadSource(gettext("there is no {path}", path=path))
