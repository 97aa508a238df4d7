"""What the child process that makes music is told to do.

In a file of its own: the child imports the file that the function stands in. With the database behind it, that took
0.9 s of the time that a newcomer waits for the first sound; this takes 0.1 s.
"""

from __future__ import annotations

import os
from pathlib import Path

from veza.lab.demo.music.pieces import Piece

_NICE = 10


def make_track(path: str, piece: Piece, gives_way: bool) -> None:
    """Write the piece to `path`; all but the first piece, which a newcomer waits for, give way to listeners."""
    from veza.lab.demo.music.writing import write_track  # with the codecs, which only the child needs

    if gives_way:
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
    write_track(Path(path), piece)
