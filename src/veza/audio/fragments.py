"""A rung's file while it is written: packets gather into fragments, and the head, which names them all, comes last."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from veza.audio import boxes
from veza.audio.boxes import Coding
from veza.audio.manifest import Rendition, Rung, Segment
from veza.audio.progressive import PacketSpool

_COPIED_BYTES = 1024 * 1024


class FragmentWriter:
    """Writes the fragmented MP4 of one rung. `lengths` are the coded samples of each segment, without an end; the last
    segment ends where the packets do. Every packet lasts `packet_samples`. `spool` gets every packet, too."""

    def __init__(
        self, path: Path, lengths: Iterator[int], packet_samples: int, spool: PacketSpool | None = None
    ) -> None:
        self._path, self._lengths, self._packet_samples = path, lengths, packet_samples
        self._body: IO[bytes] = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115  (open for as long as this lives)
        self._spool = spool
        self._waiting: list[bytes] = []
        self._segments: list[tuple[int, int]] = []
        self._start, self._space = 0, next(lengths)

    def add(self, packet: bytes) -> None:
        """The next packet."""
        if len(self._waiting) * self._packet_samples == self._space:
            self._flush(self._packet_samples)
            self._space = next(self._lengths)
        self._waiting.append(packet)
        if self._spool:
            self._spool.add(packet)

    def finish(self, rung: Rung, coding: Coding, codecs: str, samples: int, priming: int) -> Rendition:
        """Put the file together, and say what is in it. The track plays `samples` after `priming` coded ones; what
        the last packet holds beyond them is padding, unless the coding has a short last packet (no priming)."""
        last = self._packet_samples
        if not priming:
            last = samples - self._start - (len(self._waiting) - 1) * self._packet_samples
        self._flush(last)
        padding = self._start - samples - priming
        head = boxes.init(coding, samples, priming)
        index = boxes.segment_index(coding.rate, self._segments)
        with self._body as body, self._path.open("wb") as whole:
            whole.write(head + index)
            body.seek(0)
            shutil.copyfileobj(body, whole, _COPIED_BYTES)
            size = whole.tell()
        offset, start, found = len(head) + len(index), 0, []
        for length, duration in self._segments:
            found.append(Segment(offset, length, duration, start))
            offset, start = offset + length, start + duration
        progressive = None
        if self._spool:
            m4a = self._path.with_suffix(".m4a")
            progressive = self._spool.finish(m4a, coding, samples, priming, self._packet_samples)
        rates = [one.size * 8 * coding.rate // one.duration_samples for one in found]
        return Rendition(
            rung=rung, codecs=codecs, rate=coding.rate, samples=samples, priming_samples=priming,
            padding_samples=padding, init_bytes=len(head), size_bytes=size, progressive_bytes=progressive,
            average_bitrate=size * 8 * coding.rate // start, peak_bitrate=max(rates), segments=found,
        )  # fmt: skip

    def _flush(self, last_duration: int) -> None:
        duration = (len(self._waiting) - 1) * self._packet_samples + last_duration
        fragment = boxes.fragment(
            len(self._segments) + 1, self._start, self._waiting, self._packet_samples, last_duration
        )  # fmt: skip
        self._body.write(fragment)
        self._segments.append((len(fragment), duration))
        self._start += duration
        self._waiting = []
