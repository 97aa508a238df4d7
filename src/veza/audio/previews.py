"""The part of a track that is public: a rung of its own, so that no link to it leads to the rest."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import numpy as np

from veza.audio.decoding import Decoder
from veza.audio.ladder import Ladder, as_floats
from veza.audio.manifest import PREVIEW, PREVIEW_SECONDS, Rendition, Rung
from veza.audio.mixing import to_stereo
from veza.audio.resampling import Floats

FADE_SECONDS = 0.5
"""At each end that is not an end of the track: a cut in the middle of a sound clicks."""


def default_start(samples: int, rate: int) -> int:
    """Where a preview begins unless the artist says where: a third into the track, and never so late that it is cut
    short (sample)."""
    return max(0, min(samples // 3, samples - PREVIEW_SECONDS * rate))


def render_preview(file: IO[bytes], folder: Path, start: int, samples: int, *, longest_seconds: float) -> Rendition:
    """Write preview.mp4 and preview.m4a of 30 s of `file` from sample `start` on; the track has `samples` in all.

    Raises NotSound, TooLong, and ValueError if the preview would begin outside the track.
    """
    if not 0 <= start < samples:
        raise ValueError(f"a preview cannot begin at sample {start} of {samples}")
    with Decoder(file, longest_seconds) as decoder:
        rate = decoder.source.rate
        end = min(samples, start + PREVIEW_SECONDS * rate)
        ladder = Ladder(decoder.source, folder, {Rung.AAC_128: PREVIEW})
        fade = max(1, round(FADE_SECONDS * rate))
        at = 0
        for block in decoder.blocks():
            cut = block[:, max(0, start - at) : max(0, end - at)]
            if cut.shape[1]:
                first = max(start, at)
                heard = as_floats(to_stereo(cut, decoder.source.channels))
                ladder.feed(heard * _gain(first, heard.shape[1], (start, end), samples, fade))
            at += block.shape[1]
        return ladder.finish(end - start)[0]


def _gain(first: int, count: int, part: tuple[int, int], samples: int, fade: int) -> Floats:
    """How loud each of `count` samples from `first` on is."""
    start, end = part
    at = np.arange(first, first + count)
    gain = np.ones(count)
    if start > 0:
        gain = np.minimum(gain, (at - start + 1) / fade)
    if end < samples:
        gain = np.minimum(gain, (end - at) / fade)
    return gain.astype(np.float32)
