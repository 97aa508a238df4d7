"""An uploaded file, opened as sound: what it is, and nothing of it but its first stream of sound.

Files come from strangers. libav sees an open file and no path: it opens no other file and no address that the file
names, and knows only the containers and codings that are accepted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, NoReturn

import av
import av.error

from veza.kit.messages import gettext

LOSSLESS = frozenset({"flac", "alac"})
_LOSSY = frozenset({"mp3", "mp3float", "aac", "vorbis", "opus"})
_PCM = frozenset({
    "pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be",
    "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be",
})  # fmt: skip
_CONTAINERS = {
    "wav": "WAV", "aiff": "AIFF", "flac": "FLAC", "mp3": "MP3", "aac": "AAC", "ogg": "Ogg", "mov": "MP4",
}  # fmt: skip
"""Demuxers of libav, and what people call the format."""
_OPTIONS = {
    "format_whitelist": ",".join(_CONTAINERS),
    "codec_whitelist": ",".join(sorted(LOSSLESS | _LOSSY | _PCM)),
    "protocol_whitelist": "",
}
ACCEPTED = "WAV, AIFF, FLAC, ALAC, MP3, AAC, Ogg Vorbis, Opus"
RATES = range(8_000, 192_001)
"""Hz that are accepted."""
MOST_CHANNELS = 8


class NotSound(ValueError):
    """The file holds no sound that is accepted; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a file's sound is. `bits` are those of a whole-number sample, 16 or 24; floating point becomes 24.
    `says_samples` is how many samples its tags say the music has, None where they say nothing."""

    container: str
    codec: str
    rate: int
    channels: tuple[str, ...]
    bits: int
    is_float: bool
    is_lossless: bool
    says_samples: int | None


@contextmanager
def opened(file: IO[bytes]) -> Iterator[tuple[Source, Any, Any]]:
    """The source, libav's container and its stream of sound. Raises NotSound."""
    try:
        container = av.open(file, options=_OPTIONS, metadata_errors="replace", io_open=_refuse)
    except (av.error.FFmpegError, ValueError, OSError):
        raise NotSound(
            gettext("this is no sound file of a kind that is accepted: {formats}", formats=ACCEPTED)
        ) from None
    with container:
        if not container.streams.audio:
            raise NotSound(gettext("the file holds no sound"))
        stream = container.streams.audio[0]
        yield _described(container, stream), container, stream


def _described(container: Any, stream: Any) -> Source:
    context = stream.codec_context
    if context is None:
        raise NotSound(gettext("the sound is coded in a way that is not accepted"))
    codec, rate = context.name, context.sample_rate or 0
    channels = tuple(channel.name for channel in context.layout.channels)
    if codec not in LOSSLESS | _LOSSY | _PCM:
        raise NotSound(gettext("the sound is coded as {codec}, which is not accepted", codec=codec))
    if rate not in RATES:
        raise NotSound(
            gettext(
                "the sound has {rate} samples a second: {least} to {most} are accepted",
                rate=rate,
                least=RATES[0],
                most=RATES[-1],
            )
        )
    if not 1 <= len(channels) <= MOST_CHANNELS:
        raise NotSound(
            gettext(
                "the sound has {channels} channels: 1 to {most} are accepted",
                channels=len(channels),
                most=MOST_CHANNELS,
            )
        )
    name = next(name for name in container.format.name.split(",") if name in _CONTAINERS)
    is_float = codec.startswith("pcm_f")
    return Source(
        container=_CONTAINERS[name],
        codec=codec,
        rate=rate,
        channels=channels,
        bits=24 if is_float else _bits(codec, bytes(context.extradata or b"")),
        is_float=is_float,
        is_lossless=codec not in _LOSSY,
        says_samples=_said_by_itunes(container.metadata.get("iTunSMPB", "")),
    )


def _bits(codec: str, head: bytes) -> int:
    """16 or 24, whichever holds the samples."""
    if codec == "flac" and len(head) >= 14:
        bits = ((head[12] & 1) << 4 | head[13] >> 4) + 1
    elif codec == "alac" and len(head) > 17:
        bits = head[17]
    else:
        bits = 24 if codec.startswith(("pcm_s24", "pcm_s32")) else 16
    return 24 if bits > 16 else 16


def _said_by_itunes(text: str) -> int | None:
    """How many samples iTunSMPB says there are: its fourth number, hexadecimal."""
    said = text.split()
    try:
        return int(said[3], 16) or None if len(said) > 3 else None
    except ValueError:
        return None


def _refuse(*_: object, **__: object) -> NoReturn:
    raise PermissionError("a sound file may not open another")
