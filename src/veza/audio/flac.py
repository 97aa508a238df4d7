"""The lossless rung: FLAC in fragments, bit for bit what was uploaded."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from veza.audio import boxes
from veza.audio.boxes import Coding
from veza.audio.fragments import FragmentWriter
from veza.audio.manifest import Rendition, Rung
from veza.audio.segments import BLOCK

CODECS = "flac"
_FORMATS = {16: "s16", 24: "s32"}

Ints = NDArray[np.int32]


class FlacRung:
    """Encodes blocks of whole numbers (2, n), of `bits` (16 or 24), at `rate` Hz."""

    def __init__(self, path: Path, rate: int, bits: int, lengths: Iterator[int]) -> None:
        self._rate, self._bits = rate, bits
        self._codec = av.AudioCodecContext.create("flac", "w")
        self._codec.sample_rate, self._codec.layout, self._codec.format = rate, "stereo", _FORMATS[bits]
        self._codec.options = {"frame_size": str(BLOCK)}
        self._codec.open()
        self._writer = FragmentWriter(path, lengths, BLOCK)
        self._fed, self._hash, self._sizes = 0, hashlib.md5(usedforsecurity=False), (2**24 - 1, 0)

    def feed(self, block: Ints) -> None:
        """The next samples."""
        interleaved = np.ascontiguousarray(block.T)
        self._hash.update(_little_endian(interleaved, self._bits))
        packed = interleaved.astype(np.int16) if self._bits == 16 else interleaved << 8
        frame = av.AudioFrame.from_ndarray(packed.reshape(1, -1), format=_FORMATS[self._bits], layout="stereo")
        frame.sample_rate, frame.pts = self._rate, self._fed
        self._fed += block.shape[1]
        for packet in self._codec.encode(frame):
            self._add(bytes(packet))

    def finish(self, samples: int) -> Rendition:
        """End the file of a track of `samples`."""
        for packet in self._codec.encode(None):
            self._add(bytes(packet))
        config = boxes.flac_config(self._stream_info(samples))
        return self._writer.finish(Rung.FLAC, Coding(b"fLaC", config, 2, self._bits, self._rate), CODECS, samples, 0)

    def _add(self, packet: bytes) -> None:
        if packet:  # an empty one at the end carries the checksum alone
            least, most = self._sizes
            self._sizes = min(least, len(packet)), max(most, len(packet))
            self._writer.add(packet)

    def _stream_info(self, samples: int) -> bytes:
        """STREAMINFO (RFC 9639, 8.2). The encoder's own says neither how many samples there are nor their MD5."""
        least, most = self._sizes
        packed = self._rate << 44 | 1 << 41 | (self._bits - 1) << 36 | (samples if samples < 2**36 else 0)
        frames = least.to_bytes(3, "big") + most.to_bytes(3, "big")
        return struct.pack(">HH", BLOCK, BLOCK) + frames + packed.to_bytes(8, "big") + self._hash.digest()


def _little_endian(interleaved: Ints, bits: int) -> bytes:
    """Samples as the MD5 of STREAMINFO wants them: in whole bytes, the lowest first."""
    as_bytes = interleaved.astype("<i4").view(np.uint8).reshape(-1, 4)
    return as_bytes[:, : bits // 8].tobytes()
