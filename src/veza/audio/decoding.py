"""Samples of a source, block by block, cut to exactly those that are the music."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import av.error
import numpy as np
from numpy.typing import NDArray

from veza.audio.sources import NotSound, Source, opened
from veza.kit.messages import gettext

BLOCK_SAMPLES = 32_768
"""Samples of a block at least, but for the last: small blocks cost calls."""
MOST_DAMAGED = 0.01
"""Part of the packets that may be damaged: what players pass over, and people do not hear."""

LOUDEST = 64.0
"""36 dB over full scale: no recording, at any scale of its floats."""
MOST_CUT = 8_192
"""Samples at the end that are no music: the longest block of Vorbis. A container that names more is not believed."""
_SKIP_NOTHING = 1 << 29
"""AV_CODEC_FLAG2_SKIP_MANUAL"""

Samples = NDArray[Any]


class TooLong(ValueError):
    """The sound lasts longer than is accepted."""


class Decoder:
    """Reads one source. `source` is known after `__enter__`; what was counted, once all was read: `samples`, the
    `damaged_packets` among `packets`, and `impossible_samples`, which are no number or far beyond any level."""

    def __init__(self, file: IO[bytes], longest_seconds: float) -> None:
        self._file, self._longest_seconds = file, longest_seconds
        self.samples = 0
        self.packets = self.damaged_packets = self.impossible_samples = 0

    def __enter__(self) -> Decoder:
        self._opening = opened(self._file)
        self.source, self._container, self._stream = self._opening.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self._opening.__exit__(*raised)

    @property
    def share(self) -> float | None:
        """How much has been read, 0 to 1, by the length that the file claims; None if it claims none."""
        claimed = self._stream.duration
        if not claimed:
            return None
        return min(1.0, self.samples / max(1.0, float(claimed * self._stream.time_base) * self.source.rate))

    def blocks(self) -> Iterator[Samples]:
        """(channels, n) of float64 for coded and floating-point sound, else of int32 from −2³¹.

        Raises NotSound if too much is damaged, or nothing is there, and TooLong.
        """
        most = int(self._longest_seconds * self.source.rate)
        for block in _exactly(self._decoded(), self.source, self._end):
            self.samples += block.shape[1]
            if self.samples > most:
                raise TooLong(gettext("the sound lasts longer than {seconds:g} s", seconds=self._longest_seconds))
            yield block
        if not self.samples:
            raise NotSound(gettext("the file holds no sound"))
        if self.damaged_packets > self.packets * MOST_DAMAGED + 1:
            raise NotSound(
                gettext(
                    "{damaged} of {packets} parts of the sound are damaged",
                    damaged=self.damaged_packets,
                    packets=self.packets,
                )
            )

    def _decoded(self) -> Iterator[Samples]:
        """What decodes, in blocks of BLOCK_SAMPLES or more."""
        waiting: list[Samples] = []
        count = 0
        for frame in self._frames():
            if frame.sample_rate != self.source.rate or frame.layout.nb_channels != len(self.source.channels):
                raise NotSound(gettext("the sound changes its rate or its channels in the middle"))
            waiting.append(self._possible(_numbers(frame)))
            count += frame.samples
            if count >= BLOCK_SAMPLES:
                yield np.concatenate(waiting, axis=1)
                waiting, count = [], 0
        if waiting:
            yield np.concatenate(waiting, axis=1)

    def _frames(self) -> Iterator[Any]:
        self._last_end = 0
        if self.source.codec == "vorbis":
            # libav cuts wrongly where all sound lies in one page: so it cuts nothing, and the first packet's samples,
            # which only prepare the second's, are left out here.
            self._stream.codec_context.flags2 |= _SKIP_NOTHING
        frames = self._frames_of_packets()
        if self.source.codec == "vorbis":
            next(frames, None)
        yield from frames

    def _possible(self, samples: Samples) -> Samples:
        """Silence where a float is no level at all: an encoder would refuse the whole track for it."""
        if samples.dtype == np.int32:
            return samples
        impossible = ~(np.abs(samples) <= LOUDEST)  # so that what is no number is one of them
        if count := int(impossible.sum()):
            self.impossible_samples += count
            return np.where(impossible, 0.0, samples)
        return samples

    def _frames_of_packets(self) -> Iterator[Any]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError:
                self.damaged_packets += 1
                return  # it cannot be read any further
            self.packets += 1
            if packet.size and packet.pts is not None:
                self._last_end = max(self._last_end, packet.pts + (packet.duration or 0))
            try:
                yield from packet.decode()
            except av.error.FFmpegError:
                self.damaged_packets += 1

    def _end(self) -> int | None:
        """How many samples are the music, as the container's times say, once all was read; None if it does not.

        libav cuts the beginning by itself, and of MP3 and Ogg the end, too.
        """
        if self.source.says_samples is not None:
            return self.source.says_samples
        if self._stream.time_base.denominator != self.source.rate:
            return None
        if self.source.codec == "vorbis":
            on_last_page: int | None = self._stream.duration
            return on_last_page
        if self.source.container != "MP4":
            return None
        by_edits: int | None = self._stream.duration
        by_packets = self._last_end
        # An edit list counts in the film's time, often milliseconds; then the packets say it to the sample.
        is_rounded = by_edits is not None and 0 <= by_packets - by_edits <= self.source.rate // 1000 + 1
        return by_packets if by_edits is None or is_rounded else min(by_edits, by_packets)


def _exactly(blocks: Iterator[Samples], source: Source, end: Any) -> Iterator[Samples]:
    """Holds the last samples back until it is known where the music ends."""
    if source.is_lossless:
        yield from blocks
        return
    passed, held = 0, None
    for block in blocks:
        if held is not None:
            passed += held.shape[1]
            yield held
        held = block
    if held is not None:
        said = end()
        cut = 0 if said is None else passed + held.shape[1] - said
        yield held[:, : held.shape[1] - cut] if 0 < cut <= min(MOST_CUT, held.shape[1] - 1) else held


def _numbers(frame: Any) -> Samples:
    """The frame's samples as (channels, n)."""
    samples: Samples = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    if samples.dtype == np.uint8:
        samples = (samples.astype(np.int32) - 128) << 24
    elif samples.dtype == np.int16:
        samples = samples.astype(np.int32) << 16
    return samples if samples.dtype == np.int32 else samples.astype(np.float64)
