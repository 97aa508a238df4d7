"""Files to keep: a track encoded once more into the format a buyer wants, with its tags and its cover."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import av
import numpy as np
from numpy.typing import NDArray

from veza.audio.decoding import Decoder
from veza.audio.download_formats import HOW, DownloadFormat, How
from veza.audio.download_tags import Tags, write_tags
from veza.audio.ladder import as_floats
from veza.audio.mixing import is_mixed, quantize, to_stereo
from veza.audio.resampling import Resampler
from veza.audio.sources import Source

_FRAME_SAMPLES = 4_096


def encode_download(
    file: IO[bytes], path: Path, wanted: DownloadFormat, tags: Tags, *, longest_seconds: float,
    progress: Callable[[float | None], None] = lambda _: None,
) -> None:  # fmt: skip
    """Write the sound of `file` to `path`, whose suffix is that of the format. The same input makes the same bytes.

    Formats without loss keep rate, bits (16 or 24) and channels; the others have two channels, or one for mono.
    `progress` hears which share is done.

    Raises NotSound, TooLong, ValueError for a format that the source has none of, OSError.
    """
    how = HOW[wanted]
    with Decoder(file, longest_seconds) as decoder:
        source = decoder.source
        if how.is_lossless and not source.is_lossless:
            raise ValueError(f"{wanted} of {source.codec} would be no better, and larger")
        _encode(decoder, how, path, progress)
    write_tags(path, tags)


def _encode(decoder: Decoder, how: How, path: Path, progress: Callable[[float | None], None]) -> None:
    source = decoder.source
    is_24 = how.is_lossless and source.bits == 24
    rate, layout = how.rate(source.rate), _layout(source, how)
    # An edit list in samples, not in milliseconds; other containers know no such option.
    options = {"fflags": "+bitexact"} | ({"movie_timescale": str(rate)} if how.container == "ipod" else {})
    with av.open(str(path), "w", format=how.container, container_options=options) as container:
        stream: Any = container.add_stream(
            how.coder_24 if is_24 else how.coder, rate=rate, layout=layout,
            format=how.sample_24 if is_24 else how.sample, options=dict(how.options),
        )  # fmt: skip
        if how.bitrate:
            stream.bit_rate = how.bitrate
        made = 0
        for block in _blocks(decoder, how, rate, layout):
            frame = av.AudioFrame.from_ndarray(block, format=stream.format.name, layout=layout)
            frame.sample_rate, frame.pts = rate, made
            made += frame.samples
            container.mux(stream.encode(frame))
            progress(decoder.share)
        container.mux(stream.encode(None))


def _layout(source: Source, how: How) -> str:
    if how.is_lossless:
        return _LAYOUTS.get(source.channels) or f"{len(source.channels)}c"
    return "mono" if len(source.channels) == 1 else "stereo"


_LAYOUTS = {
    tuple(one.name for one in av.AudioLayout(name).channels): name
    for name in ("mono", "stereo", "2.1", "3.0", "quad", "4.0", "5.0", "5.0(side)", "5.1", "5.1(side)", "6.1", "7.1")
}


def _blocks(decoder: Decoder, how: How, rate: int, layout: str) -> Iterator[NDArray[Any]]:
    """Arrays as libav wants them for the format's samples."""
    source = decoder.source
    if how.is_lossless:
        for block in decoder.blocks():
            whole, _ = quantize(block, source.bits)
            # libav keeps 24 bits at the top of 32.
            yield _arranged(whole << 8 if source.bits == 24 else whole, how, is_24=source.bits == 24)
        return
    resampler = Resampler(source.rate, rate, layout)
    for block in decoder.blocks():
        mixed = as_floats(to_stereo(block, source.channels) if is_mixed(source.channels) else block)
        yield from (_arranged(one, how, is_24=False) for one in resampler.feed(mixed))
    yield from (_arranged(one, how, is_24=False) for one in resampler.finish())


def _arranged(samples: NDArray[Any], how: How, *, is_24: bool) -> NDArray[Any]:
    sample = how.sample_24 if is_24 else how.sample
    typed = samples.astype({"s16": np.int16, "s32": np.int32}.get(sample.removesuffix("p"), np.float32))
    return np.ascontiguousarray(typed) if sample.endswith("p") else np.ascontiguousarray(typed.T).reshape(1, -1)
