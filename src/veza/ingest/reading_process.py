"""What the process of reading_apart.py does: bound itself, read one file, and say what it says of itself."""

from __future__ import annotations

import os
import sys
import warnings

import msgspec

from veza.audio.bounds import bound, end_with_parent
from veza.ingest.artwork import picture_in
from veza.ingest.file_reading import read_file
from veza.ingest.reading_jobs import ReadingAnswer, ReadingJob
from veza.ingest.sources import UnreadableFile
from veza.kit.messages import gettext, message_of, to_json


def main() -> None:
    """Run the job on standard input."""
    warnings.simplefilter("ignore")  # about a stranger's file: what is said of it is the answer
    says = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints is no answer
    end_with_parent()
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=ReadingJob)
    bound(job.limits)
    says.write(msgspec.json.encode(_answer(job)))


def _answer(job: ReadingJob) -> ReadingAnswer:
    try:
        with open(job.path, "rb") as opened:
            if job.picture_hash is None:
                return ReadingAnswer(read=read_file(opened, job.file, job.encoding))
            return ReadingAnswer(picture=picture_in(opened, job.file, job.picture_hash))
    except UnreadableFile as error:
        return ReadingAnswer(refused=to_json(message_of(error)))
    except MemoryError:
        said = gettext("the file cannot be read: reading it takes more memory than it may")
        return ReadingAnswer(refused=to_json(said))
