"""Boxes of ISO base media files, as far as one track of sound in fragments needs them.

Sources: ISO 14496-12 (boxes), ISO 14496-14 and 14496-1 (mp4a, esds), “Encapsulation of FLAC in ISO Base Media File
Format” 0.0.4 (fLaC, dfLa). Written here because libavformat's writer gives the last AAC frame a shorter duration, which
keeps browsers from trimming it, and leaves the edit list out (docs/decisions/0060).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_LANGUAGE_UNDETERMINED = 0x55C4
_HIGHEST_IN_ENTRY = 0xFFFF
"""Hz that the 16.16 number of a sample entry holds."""
_DEFAULT_BASE_IS_MOOF, _HAS_DEFAULT_DURATION = 0x020000, 0x000008
_HAS_OFFSET, _HAS_DURATIONS, _HAS_SIZES = 0x000001, 0x000100, 0x000200
_DEPENDS_ON_NO_OTHER = 0x02000000
_STARTS_WITH_SAP_OF_TYPE_1 = 0x90000000


@dataclass(frozen=True, slots=True)
class Coding:
    """How a rung's samples are coded: `entry` is b"mp4a" or b"fLaC", `config` the box that describes the coding."""

    entry: bytes
    config: bytes
    channels: int
    bits: int
    rate: int


def box(kind: bytes, *content: bytes) -> bytes:
    """A box with its length in front."""
    return struct.pack(">I4s", 8 + sum(map(len, content)), kind) + b"".join(content)


def full_box(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    """A box with a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *content)


def aac_config(audio_specific_config: bytes) -> bytes:
    """The esds of AAC-LC. It names no bit rate: so it is the same in every rung, and no decoder has to start anew."""
    specific = _descriptor(0x05, audio_specific_config)
    decoder = _descriptor(0x04, struct.pack(">BBBHII", 0x40, 0x15, 0, 0, 0, 0), specific)
    return full_box(b"esds", 0, 0, _descriptor(0x03, struct.pack(">HB", 0, 0), decoder, _descriptor(0x06, b"\x02")))


def flac_config(stream_info: bytes) -> bytes:
    """The dfLa box of a STREAMINFO block (34 bytes)."""
    return full_box(b"dfLa", 0, 0, struct.pack(">I", 0x80000000 | len(stream_info)), stream_info)


def init(coding: Coding, samples: int, priming: int) -> bytes:
    """ftyp and moov of a track that plays `samples` samples, `priming` after the first one that is coded."""
    brands = box(b"ftyp", b"iso6", struct.pack(">I", 0), b"iso6mp41cmfc")
    tables = [full_box(kind, 0, 0, bytes(4)) for kind in (b"stts", b"stsc")]
    tables += [full_box(b"stsz", 0, 0, bytes(8)), full_box(b"stco", 0, 0, bytes(4))]
    track = _track(coding, samples, priming, 0, tables)
    extends = box(
        b"mvex",
        full_box(b"mehd", 1, 0, struct.pack(">Q", samples)),
        full_box(b"trex", 0, 0, struct.pack(">5I", 1, 1, 0, 0, _DEPENDS_ON_NO_OTHER)),
    )
    return brands + box(b"moov", _movie_header(coding.rate, 0), track, extends)


def progressive_head(coding: Coding, samples: int, priming: int, sizes: Sequence[int], packet_samples: int) -> bytes:
    """ftyp, moov and the head of mdat of a file in which packets of `sizes` bytes follow, one after the other."""
    brands = box(b"ftyp", b"M4A ", struct.pack(">I", 0), b"M4A isommp42")
    lengths = struct.pack(f">{len(sizes)}I", *sizes)

    def movie(offset: int) -> bytes:
        tables = [
            full_box(b"stts", 0, 0, struct.pack(">3I", 1, len(sizes), packet_samples)),
            full_box(b"stsc", 0, 0, struct.pack(">4I", 1, 1, len(sizes), 1)),
            full_box(b"stsz", 0, 0, struct.pack(">2I", 0, len(sizes)), lengths),
            full_box(b"co64", 0, 0, struct.pack(">IQ", 1, offset)),
        ]
        coded = len(sizes) * packet_samples
        return box(b"moov", _movie_header(coding.rate, samples), _track(coding, samples, priming, coded, tables))

    media = struct.pack(">I4sQ", 1, b"mdat", 16 + sum(sizes))
    return brands + movie(len(brands) + len(movie(0)) + len(media)) + media


def segment_index(rate: int, segments: Sequence[tuple[int, int]]) -> bytes:
    """The sidx box, which stands right before the first of `segments`: bytes and duration (samples) of each."""
    references = [struct.pack(">3I", size, duration, _STARTS_WITH_SAP_OF_TYPE_1) for size, duration in segments]
    head = struct.pack(">IIQQHH", 1, rate, 0, 0, 0, len(references))
    return full_box(b"sidx", 1, 0, head, *references)


def fragment(
    number: int, start: int, packets: Sequence[bytes], duration: int, last_duration: int | None = None
) -> bytes:
    """moof and mdat of `packets`, `duration` samples each; the last one lasts `last_duration` if that is given."""
    flags, samples = _HAS_OFFSET | _HAS_SIZES, [struct.pack(">I", len(one)) for one in packets]
    if last_duration is not None and last_duration != duration:
        flags |= _HAS_DURATIONS
        lasting = [duration] * (len(packets) - 1) + [last_duration]
        samples = [struct.pack(">II", one, len(packet)) for one, packet in zip(lasting, packets, strict=True)]

    def movie_fragment(offset: int) -> bytes:
        run = full_box(b"trun", 0, flags, struct.pack(">Ii", len(packets), offset), *samples)
        header = full_box(
            b"tfhd", 0, _DEFAULT_BASE_IS_MOOF | _HAS_DEFAULT_DURATION, struct.pack(">II", 1, duration)
        )  # fmt: skip
        decode_time = full_box(b"tfdt", 1, 0, struct.pack(">Q", start))
        return box(b"moof", full_box(b"mfhd", 0, 0, struct.pack(">I", number)), box(b"traf", header, decode_time, run))

    return movie_fragment(len(movie_fragment(0)) + 8) + box(b"mdat", *packets)


def _descriptor(tag: int, *content: bytes) -> bytes:
    length = sum(map(len, content))
    assert length < 128, "a descriptor of one length byte"
    return struct.pack(">BB", tag, length) + b"".join(content)


def _movie_header(rate: int, duration: int) -> bytes:
    times = struct.pack(">QQIQ", 0, 0, rate, duration)
    return full_box(b"mvhd", 1, 0, times, struct.pack(">IH10x", 0x10000, 0x0100), _MATRIX, bytes(24), b"\0\0\0\2")


def _track(coding: Coding, samples: int, priming: int, coded: int, tables: Sequence[bytes]) -> bytes:
    """`coded` samples stand in the tables; none do where fragments follow, and then the head names no duration."""
    edits = full_box(b"elst", 1, 0, struct.pack(">IQqI", 1, samples, priming, 0x10000))
    header = _track_header(samples if coded else 0)
    return box(b"trak", header, box(b"edts", edits), _media(coding, coded, tables))


def _track_header(duration: int) -> bytes:
    enabled_in_movie = 0x000003
    times = struct.pack(">QQIIQ", 0, 0, 1, 0, duration)
    place = bytes(8) + struct.pack(">4H", 0, 0, 0x0100, 0) + _MATRIX + bytes(8)
    return full_box(b"tkhd", 1, enabled_in_movie, times, place)


def _media(coding: Coding, coded: int, tables: Sequence[bytes]) -> bytes:
    times = struct.pack(">QQIQ2H", 0, 0, coding.rate, coded, _LANGUAGE_UNDETERMINED, 0)
    handler = full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, b"soun"), b"\0")
    here = full_box(b"url ", 0, 1)
    places = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), here))
    described = full_box(b"stsd", 0, 0, struct.pack(">I", 1), _sample_entry(coding))
    information = box(b"minf", full_box(b"smhd", 0, 0, bytes(4)), places, box(b"stbl", described, *tables))
    return box(b"mdia", full_box(b"mdhd", 1, 0, times), handler, information)


def _sample_entry(coding: Coding) -> bytes:
    # Firefox refuses the file where this says 0; the real rate stands in the coding's own box and in mdhd.
    said = coding.rate if coding.rate <= _HIGHEST_IN_ENTRY else 44_100 if coding.rate % 11_025 == 0 else 48_000
    sound = struct.pack(">8xHHHHI", coding.channels, coding.bits, 0, 0, said << 16)
    return box(coding.entry, struct.pack(">6xH", 1), sound, coding.config)
