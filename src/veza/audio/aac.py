"""AAC-LC rungs whose joints cannot be heard: encoded with what the music would do beyond its edges.

An encoder that overlaps the first frame with silence fades it in. So the sound is continued at both ends by linear
prediction, and the packets that hold only what was added are dropped (docs/decisions/0060).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from veza.audio import boxes, prediction
from veza.audio.boxes import Coding
from veza.audio.fragments import FragmentWriter
from veza.audio.manifest import AAC_BITRATES, Rendition, Rung
from veza.audio.progressive import PacketSpool
from veza.audio.segments import FRAME

IN_FRONT = 8 * FRAME
"""Samples before the first, dropped again: the encoder needs two frames, and its search settles within the others.
With two, joints at 256 kbit/s click at −47 dBFS."""
BEHIND = 2 * FRAME
PRIMING = FRAME
CODECS = "mp4a.40.2"
_CODERS = {Rung.AAC_64: "fast", Rung.AAC_128: "fast", Rung.AAC_256: "twoloop"}
"""libav's two searches for scale factors. Up to 128 kbit/s the fast one errs a tenth as much on tones (joints click at
−75 instead of −40 dBFS), keeps the bit rate, and takes half the time. At 256 it clips coefficients of sparse sound,
which the slow one does not."""
_HELD = 4
"""Packets that wait: the last ones may hold nothing but what was added behind the end."""

Floats = NDArray[np.float32]


class Edges:
    """Sound (channels, n) with its continuation at both ends; `samples` counts those that came in."""

    def __init__(self) -> None:
        self.samples = 0
        self._begun = False
        self._kept: list[Floats] = []

    def pass_on(self, block: Floats) -> Iterator[Floats]:
        """What can be encoded once `block` is known."""
        self.samples += block.shape[1]
        self._kept.append(block)
        if sum(one.shape[1] for one in self._kept) < 2 * prediction.FITTED:
            return
        kept = np.concatenate(self._kept, axis=1)
        yield from self._front(kept)
        yield kept[:, : -prediction.FITTED]
        self._kept = [kept[:, -prediction.FITTED :]]

    def end(self, samples: int) -> Iterator[Floats]:
        """The rest, when the track is to have `samples`: so many more or fewer than came in are added or cut."""
        kept = np.concatenate(self._kept, axis=1)
        yield from self._front(kept)
        if samples < self.samples:
            kept = kept[:, : samples - self.samples]
        behind = max(0, samples - self.samples) + BEHIND + -samples % FRAME
        yield kept
        yield prediction.continued(kept.astype(np.float64), behind).astype(np.float32)

    def _front(self, kept: Floats) -> Iterator[Floats]:
        if not self._begun:
            self._begun = True
            known = kept[:, : prediction.FITTED].astype(np.float64)
            yield prediction.preceded(known, IN_FRONT).astype(np.float32)


class AacRung:
    """Encodes one rung: blocks of float samples (2, n) at `rate` Hz, edges included."""

    def __init__(self, path: Path, rung: Rung, rate: int, lengths: Iterator[int]) -> None:
        self._rung, self._rate = rung, rate
        self._codec = av.AudioCodecContext.create("aac", "w")
        self._codec.sample_rate, self._codec.layout, self._codec.format = rate, "stereo", "fltp"
        self._codec.bit_rate = AAC_BITRATES[rung]
        self._codec.options = {"aac_coder": _CODERS[rung]}
        self._codec.open()
        self._writer = FragmentWriter(path, lengths, FRAME, PacketSpool(path.parent))
        self._fed = self._seen = self._added = 0
        self._held: deque[bytes] = deque()

    def feed(self, block: Floats) -> None:
        """The next samples."""
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = self._rate, self._fed
        self._fed += block.shape[1]
        for packet in self._codec.encode(frame):
            self._add(bytes(packet))

    def finish(self, samples: int) -> Rendition:
        """End the file of a track of `samples`."""
        for packet in self._codec.encode(None):
            self._add(bytes(packet))
        wanted = 1 + -(-samples // FRAME)
        while self._added < wanted:
            self._release()
        coding = Coding(b"mp4a", boxes.aac_config(bytes(self._codec.extradata or b"")), 2, 16, self._rate)
        return self._writer.finish(self._rung, coding, CODECS, samples, PRIMING)

    def _add(self, packet: bytes) -> None:
        self._seen += 1
        if self._seen <= IN_FRONT // FRAME:
            return
        self._held.append(packet)
        if len(self._held) > _HELD:
            self._release()

    def _release(self) -> None:
        self._writer.add(self._held.popleft())
        self._added += 1
