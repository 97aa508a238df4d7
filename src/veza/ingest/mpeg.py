"""MPEG audio frames (ISO 11172-3, 13818-3): counted one by one, for files that do not say how many they have."""

from __future__ import annotations

from typing import IO

_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""Samples a second by version (3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5)."""
_KBITS = {
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits a second by (is MPEG 1, layer); the first entry is the free format, which is not counted."""
_READ = 1024 * 1024
MOST_RESYNCS = 10_000
"""Lost beginnings of a frame that are searched for; a file with more is none."""


def seconds_of(opened: IO[bytes], start: int, end: int) -> float:
    """How long the frames between two offsets sound together; 0.0 where there is none."""
    seconds, at, lost = 0.0, start, 0
    buffer, base = b"", start
    while at + 4 <= end:
        if at - base + 4 > len(buffer):
            opened.seek(at)
            buffer, base = opened.read(_READ), at
            if len(buffer) < 4:
                break
        frame = _frame(buffer[at - base : at - base + 4])
        if frame is not None:
            length, lasts = frame
            seconds += lasts
            at += length
            continue
        found = buffer.find(b"\xff", at - base + 1)
        at = base + found if found >= 0 else base + len(buffer)
        lost += 1
        if lost > MOST_RESYNCS:
            break
    return seconds


FRAMES_LOOKED_AT = 3


def layer_of(head: bytes) -> int | None:
    """The layer of MPEG audio that a file begins with (4: AAC without a container); None where it does not begin with
    several frames in a row."""
    at, layer = 0, None
    for _ in range(FRAMES_LOOKED_AT):
        four = head[at : at + 4]
        if len(four) < 4:
            return None
        if four[0] == 0xFF and four[1] & 0xF6 == 0xF0:  # ADTS (ISO 13818-7) has the layer that MPEG audio has not
            this, length = 4, int.from_bytes(head[at + 3 : at + 6], "big") >> 5 & 0x1FFF
        else:
            this, (length, _) = 4 - (four[1] >> 1 & 3), _frame(four) or (0, 0.0)
        if not length or layer not in (None, this):
            return None
        at, layer = at + length, this
    return layer


def _frame(head: bytes) -> tuple[int, float] | None:
    """The bytes and seconds of the frame these four bytes begin."""
    if head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    bitrate_index, rate_index, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer == 4 or rate_index == 3 or bitrate_index in {0, 15}:
        return None
    rate, kbits = _RATES[version][rate_index], _KBITS[version == 3, layer][bitrate_index]
    samples = 384 if layer == 1 else 576 if layer == 3 and version != 3 else 1152
    slot_bytes = 4 if layer == 1 else 1  # layer 1 counts in words of four bytes
    return (samples // 8 // slot_bytes * kbits * 1000 // rate + padding) * slot_bytes, samples / rate
