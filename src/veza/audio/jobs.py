"""What the processes of apart.py are told and say: a job on standard input, a line of JSON each on standard output.

This file imports little, for each such process imports it.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from veza.audio.download_formats import DownloadFormat
from veza.audio.download_tags import Tags
from veza.audio.manifest import Rendition
from veza.audio.rendered import Rendered


class Limits(Struct, frozen=True):
    """What one process may take. `output_bytes` is for each file it writes."""

    memory_bytes: int
    cpu_seconds: int
    wall_seconds: float
    output_bytes: int


class Job(Struct, frozen=True, tag="render"):
    """Render the sound of the file `source` into `folder`, and a preview from second `preview_start` on."""

    source: str
    folder: str
    longest_seconds: float
    limits: Limits
    preview_start_seconds: float | None = None


class DownloadJob(Struct, frozen=True, tag="download"):
    """Encode the sound of the file `source` once more, with these tags, into the file `path`."""

    source: str
    path: str
    wanted: DownloadFormat
    tags: Tags
    longest_seconds: float
    limits: Limits


class Stage(StrEnum):
    """What the process is at."""

    FIRST_RUNG = "first_rung"
    ALL_RUNGS = "all_rungs"
    PREVIEW = "preview"
    DOWNLOAD = "download"


class Progress(Struct, frozen=True, tag="progress"):
    """`share` of the stage is done, 0 to 1; None where the file does not say how long it is."""

    stage: Stage
    share: float | None


class FirstRung(Struct, frozen=True, tag="first_rung"):
    """The first rung is there and plays; the others follow."""

    rendered: Rendered


class Finished(Struct, frozen=True, tag="finished"):
    """Every file is there."""

    rendered: Rendered
    preview: Rendition


class Encoded(Struct, frozen=True, tag="encoded"):
    """The download is there: so many bytes, their CRC-32, and their SHA-256 as 64 hex digits."""

    size_bytes: int
    crc32: int
    file_hash: str


class Refused(Struct, frozen=True, tag="refused"):
    said: str


Said = Progress | FirstRung | Finished
SaidOfDownload = Progress | Encoded
