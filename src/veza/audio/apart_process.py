"""What the process of apart.py does: bound itself, read its job, render or encode, and say how far it is."""

from __future__ import annotations

import errno
import os
import sys
import warnings
import zlib
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import IO

import msgspec

from veza.audio.bounds import bound, end_with_parent
from veza.audio.decoding import TooLong
from veza.audio.downloads import encode_download
from veza.audio.jobs import DownloadJob, Encoded, Finished, FirstRung, Job, Progress, Refused, Stage
from veza.audio.manifest import Rung
from veza.audio.previews import default_start, render_preview
from veza.audio.rendered import Rendered
from veza.audio.rendering import render
from veza.audio.sources import NotSound
from veza.kit.messages import Message, gettext, message_of, to_json

_BETWEEN_SECONDS = 0.25
"""Between two words of progress: as often as a person can see it move."""
_READ_BYTES = 1 << 20


def main() -> None:
    """Run the job on standard input."""
    warnings.simplefilter("ignore")  # about a stranger's file: what is said of it is the answer
    says = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints is no answer
    end_with_parent()
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job | DownloadJob)
    bound(job.limits)
    try:
        if isinstance(job, DownloadJob):
            _encode(job, says)
        else:
            _work(job, says)
    except (NotSound, TooLong) as error:
        _refuse(says, message_of(error))
    except MemoryError:
        _refuse(says, gettext("the file cannot be read: reading it takes more memory than it may"))
    except OSError as error:
        if error.errno == errno.EFBIG:
            _refuse(says, gettext("the file cannot be read: a rendition of it would be larger than it may be"))
        elif error.errno in (errno.ENOSPC, errno.EDQUOT):
            sys.exit(os.EX_IOERR)
        raise


def _work(job: Job, says: IO[bytes]) -> None:
    source, folder = Path(job.source), Path(job.folder)
    with source.open("rb") as file:
        progress = _Progress(says, Stage.FIRST_RUNG)
        first = render(
            file, folder, [Rung.AAC_128], longest_seconds=job.longest_seconds, measures=False, progress=progress
        )  # fmt: skip
        _say(says, FirstRung(first))
        file.seek(0)
        progress = _Progress(says, Stage.ALL_RUNGS)
        rest = [rung for rung in Rung if rung != Rung.AAC_128]
        whole = render(
            file, folder, rest, longest_seconds=job.longest_seconds, measures=True, progress=progress
        )  # fmt: skip
        file.seek(0)
        _say(says, Progress(Stage.PREVIEW, None))
        start = default_start(whole.samples, whole.rate)
        if job.preview_start_seconds is not None:
            start = min(round(job.preview_start_seconds * whole.rate), whole.samples - 1)
        preview = render_preview(file, folder, start, whole.samples, longest_seconds=job.longest_seconds)
    _say(says, Finished(_joined(first, whole), preview))


def _encode(job: DownloadJob, says: IO[bytes]) -> None:
    path, progress = Path(job.path), _Progress(says, Stage.DOWNLOAD)
    with Path(job.source).open("rb") as file:
        encode_download(file, path, job.wanted, job.tags, longest_seconds=job.longest_seconds, progress=progress)
    size, crc32, digest = 0, 0, sha256()
    with path.open("rb") as made:
        while chunk := made.read(_READ_BYTES):
            size, crc32 = size + len(chunk), zlib.crc32(chunk, crc32)
            digest.update(chunk)
    _say(says, Encoded(size, crc32, digest.hexdigest()))


def _joined(first: Rendered, rest: Rendered) -> Rendered:
    order = list(Rung)
    renditions = sorted([*first.renditions, *rest.renditions], key=lambda one: order.index(one.rung))
    return msgspec.structs.replace(rest, renditions=renditions)


class _Progress:
    """Says how much of a stage is done, now and then."""

    def __init__(self, says: IO[bytes], stage: Stage) -> None:
        self._says, self._stage, self._last = says, stage, 0.0

    def __call__(self, share: float | None) -> None:
        if (now := monotonic()) - self._last >= _BETWEEN_SECONDS:
            self._last = now
            _say(self._says, Progress(self._stage, share))


def _say(says: IO[bytes], said: object) -> None:
    says.write(msgspec.json.encode(said) + b"\n")


def _refuse(says: IO[bytes], said: Message) -> None:
    _say(says, Refused(to_json(said)))
