"""Files of sound, made with libav for each test: a signal, and the same signal in a format."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from tests.conftest import missing

PROGRAMS = {"oggenc": "vorbis-tools", "lame": "lame"}
"""Programs that write a format → Debian's package."""
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is written: suffix, coder, sample format, options of the container and of the coder."""

    suffix: str
    codec: str
    sample: str
    container: str | None = None
    written: tuple[tuple[str, str], ...] = ()
    coded: tuple[tuple[str, str], ...] = ()

    @property
    def is_lossless(self) -> bool:
        return self.codec.startswith("pcm") or self.codec in ("flac", "alac")

    @property
    def bits(self) -> int:
        """Bits of the samples of the lossless rung."""
        return 16 if self.sample.startswith(("s16", "u8")) else 24


FORMATS = {
    "WAV 8 bit": Format("wav", "pcm_u8", "u8"),
    "WAV 16 bit": Format("wav", "pcm_s16le", "s16"),
    "WAV 24 bit": Format("wav", "pcm_s24le", "s32"),
    "WAV 32 bit": Format("wav", "pcm_s32le", "s32"),
    "WAV float": Format("wav", "pcm_f32le", "flt"),
    "WAV double": Format("wav", "pcm_f64le", "dbl"),
    "RF64": Format("wav", "pcm_s16le", "s16", written=(("rf64", "always"),)),
    "AIFF 16 bit": Format("aiff", "pcm_s16be", "s16"),
    "AIFF 24 bit": Format("aiff", "pcm_s24be", "s32"),
    "FLAC 16 bit": Format("flac", "flac", "s16"),
    "FLAC 24 bit": Format("flac", "flac", "s32"),
    "ALAC 16 bit": Format("m4a", "alac", "s16p", "mp4"),
    "ALAC 24 bit": Format("m4a", "alac", "s32p", "mp4"),
    "MP3 CBR": Format("mp3", "lame", "s16", "wav", coded=(("-b", "64"),)),
    "MP3 VBR": Format("mp3", "lame", "s16", "wav", coded=(("-V", "2"),)),
    "AAC": Format("m4a", "aac", "fltp", "mp4"),
    "AAC, fine edit list": Format("m4a", "aac", "fltp", "mp4", written=(("movie_timescale", "{rate}"),)),
    "Ogg Vorbis": Format("ogg", "oggenc", "s16", "wav"),
    "Ogg Opus": Format("opus", "libopus", "flt", "ogg"),
}  # fmt: skip


def tone(samples: int, rate: int, channels: int = 2, *, hertz: float = 441.3) -> NDArray[np.float64]:
    """(channels, samples) of a tone, each channel a little softer, with a little noise of its own."""
    sine = np.sin(2 * np.pi * hertz * np.arange(samples) / rate)
    noise = np.random.default_rng(samples + rate).standard_normal((channels, samples)) * 0.001
    return 0.5 * sine * (0.9 ** np.arange(channels))[:, None] + noise


def whole(signal: NDArray[np.float64], bits: int) -> NDArray[np.int32]:
    """The signal in whole numbers of `bits`, at the top of 32 bits."""
    most = 2 ** (bits - 1)
    return np.clip(np.round(signal * most), -most, most - 1).astype(np.int64).astype(np.int32) << (32 - bits)


def write(path: Path, how: Format, signal: NDArray[np.float64], rate: int) -> Path:
    """A file of `signal` (channels, n). Their own programs make Vorbis, of which libav has no good writer, and MP3, of
    which it sometimes writes a wrong length."""
    if how.codec in PROGRAMS:
        return _written_by_program(path, how, signal, rate)
    layout = LAYOUTS[signal.shape[0]]
    options = {name: value.format(rate=rate) for name, value in how.written}
    with av.open(str(path), "w", format=how.container or how.suffix, container_options=options) as container:
        coded = dict(how.coded)
        stream: Any = container.add_stream(how.codec, rate=rate, layout=layout, format=how.sample, options=coded)
        numbers = _numbers(how, signal)
        for start in range(0, numbers.shape[1], 4096):
            block = np.ascontiguousarray(numbers[:, start : start + 4096])
            if not how.sample.endswith("p"):
                block = np.ascontiguousarray(block.T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(block, format=how.sample, layout=layout)
            frame.sample_rate, frame.pts = rate, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _written_by_program(path: Path, how: Format, signal: NDArray[np.float64], rate: int) -> Path:
    if shutil.which(how.codec) is None:
        missing(f"{how.codec} is not installed (Debian: apt-get install {PROGRAMS[how.codec]})")
    plain = write(path.with_suffix(".wav"), FORMATS["WAV 16 bit"], signal, rate)
    options = [each for option in how.coded for each in option]
    files = [str(plain), str(path)] if how.codec == "lame" else [str(plain), "-o", str(path)]
    if how.codec == "lame":
        options += ["--resample", str(rate / 1000)]  # or it chooses a rate by the bit rate
    subprocess.run([how.codec, "--quiet", *options, *files], check=True)
    plain.unlink()
    return path


def _numbers(how: Format, signal: NDArray[np.float64]) -> NDArray[Any]:
    match how.sample.removesuffix("p"):
        case "u8":
            return ((whole(signal, 8) >> 24) + 128).astype(np.uint8)
        case "s16":
            return (whole(signal, 16) >> 16).astype(np.int16)
        case "s32":
            return whole(signal, 32 if "32" in how.codec else 24)
        case "dbl":
            return signal
        case _:
            return signal.astype(np.float32)


def decoded(path: Path) -> NDArray[Any]:
    """What libav makes of a file, (channels, n)."""
    with av.open(str(path)) as container:
        frames = [
            one.to_ndarray() if one.format.is_planar else one.to_ndarray().reshape(-1, one.layout.nb_channels).T
            for one in container.decode(audio=0)
        ]
    return np.concatenate(frames, axis=1)
