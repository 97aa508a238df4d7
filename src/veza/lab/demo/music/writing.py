"""Writing a piece as a FLAC file of 44.1 kHz, 16 bit, stereo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from veza.lab.demo.music.composing import Composition, composed
from veza.lab.demo.music.mastering import GRAIN, LOUDNESS_LUFS, MOST_GAIN, loudness_of, quantized, saturated
from veza.lab.demo.music.mixing import BLOCK, Mixer
from veza.lab.demo.music.notes import NoteBank
from veza.lab.demo.music.pieces import Piece
from veza.lab.demo.music.waves import RATE, Floats, seconds

_PROBED = 8
"""Blocks, spread over the piece, whose loudness decides its gain."""
_OPTIONS = {"compression_level": "5", "frame_size": str(GRAIN), "ch_mode": "mid_side"}
_bank = NoteBank()
"""Of the process: the tracks of one artist play the same notes."""


def write_track(path: Path, piece: Piece) -> None:
    """Write the piece to `path`: exactly `piece.samples` samples, the same for the same piece. Raises OSError."""
    with av.open(str(path), "w", format="flac", container_options={"fflags": "+bitexact"}) as container:
        stream: Any = container.add_stream("flac", rate=RATE, layout="stereo", format="s16", options=dict(_OPTIONS))
        made = 0
        for block in samples_of(piece):
            packed = np.ascontiguousarray(block.T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, format="s16", layout="stereo")
            frame.sample_rate, frame.pts = RATE, made
            made += block.shape[1]
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def samples_of(piece: Piece) -> Iterator[NDArray[np.int16]]:
    """The piece's samples in blocks (2, n): `piece.samples` in all."""
    composition = composed(piece)
    mixer = Mixer(composition, _bank)
    gain = _gain(composition, mixer, piece)
    end = piece.start + piece.samples
    for number in range(piece.start // BLOCK, -(-end // BLOCK)):
        mixed = mixer.block(number)
        mixed *= _shape(composition, piece, number) * np.float32(gain)
        whole = quantized(saturated(mixed, composition.style.drive))
        begin = number * BLOCK
        yield whole[:, max(0, piece.start - begin) : min(BLOCK, end - begin)]


def _gain(composition: Composition, mixer: Mixer, piece: Piece) -> float:
    """The factor that brings the piece to LOUDNESS_LUFS, saturation included."""
    blocks = piece.whole // BLOCK
    count = min(_PROBED, max(1, blocks))
    probed = [mixer.block(max(0, int((place + 0.5) * blocks / count))) for place in range(count)]
    drive = composition.style.drive
    gain = 10 ** ((LOUDNESS_LUFS - loudness_of(probed)) / 20) / drive
    for _ in range(3):
        left_right = [saturated(block * np.float32(gain), drive) for block in probed]
        heard = loudness_of([_mid_side(one) for one in left_right])
        gain = min(MOST_GAIN, gain * 10 ** ((LOUDNESS_LUFS - heard) / 20))
    return gain


def _mid_side(left_right: Floats) -> Floats:
    return np.stack([left_right[0] + left_right[1], left_right[0] - left_right[1]]) * np.float32(0.5)


def _shape(composition: Composition, piece: Piece, number: int) -> Floats:
    """How loud each sample of the block is: from nothing at the very beginning, to nothing at the very end."""
    place = np.arange(number * BLOCK, (number + 1) * BLOCK)
    rise = np.minimum(1.0, place / seconds(0.004))
    fall = np.clip((piece.whole - 1 - place) / composition.fade, 0.0, 1.0)
    return (rise * (0.5 - 0.5 * np.cos(np.pi * fall))).astype(np.float32)
