"""A rung as one file from end to end, for players that know no fragments: the same packets, written once more."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import IO

from veza.audio import boxes
from veza.audio.boxes import Coding

_COPIED_BYTES = 1024 * 1024


class PacketSpool:
    """Packets on their way into a progressive file: `sizes` in memory, their bytes in a file that is written first."""

    def __init__(self, folder: Path) -> None:
        self._sizes: list[int] = []
        self._body: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  (open for as long as this lives)

    def add(self, packet: bytes) -> None:
        """The next packet."""
        self._sizes.append(len(packet))
        self._body.write(packet)

    def finish(self, path: Path, coding: Coding, samples: int, priming: int, packet_samples: int) -> int:
        """Write the file: its head comes first, so that it plays while it loads. Returns its size in bytes."""
        with self._body as body, path.open("wb") as whole:
            whole.write(boxes.progressive_head(coding, samples, priming, self._sizes, packet_samples))
            body.seek(0)
            shutil.copyfileobj(body, whole, _COPIED_BYTES)
            return whole.tell()
