"""Places: the number of a thing in the index, whose order is the order of kinds, then of popularity."""

from __future__ import annotations

import hashlib
from math import log2
from typing import Literal, TypeAlias, get_args
from uuid import UUID

Kind: TypeAlias = Literal["artist", "release", "track", "playlist", "person"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which results are shown."""
_NUMBERS: dict[Kind, int] = {"track": 1, "release": 2, "artist": 3, "playlist": 4, "person": 5}
_KINDS = {number: kind for kind, number in _NUMBERS.items()}
_BUCKET_AT, _KIND_AT = 36, 48
MOST_BUCKET = (1 << (_KIND_AT - _BUCKET_AT)) - 1


def bucket_of(plays: int) -> int:
    """Popularity in steps of half a doubling: 0 without plays, 40 at a million."""
    return min(int(2 * log2(plays + 1)), MOST_BUCKET)


def place_of(kind: Kind, bucket: int, about_id: UUID, again: int = 0) -> int:
    """Where a thing stands. The last 36 bits are a digest of its id, another one for each `again`."""
    digest = hashlib.blake2b(about_id.bytes + bytes([again]), digest_size=5).digest()
    number = int.from_bytes(digest, "big") & ((1 << _BUCKET_AT) - 1)
    return _NUMBERS[kind] << _KIND_AT | bucket << _BUCKET_AT | number


def range_of(kind: Kind) -> tuple[int, int]:
    """The first place of a kind, and the first after it."""
    return _NUMBERS[kind] << _KIND_AT, (_NUMBERS[kind] + 1) << _KIND_AT


def kind_at(place: int) -> Kind:
    """The kind of what stands there."""
    return _KINDS[place >> _KIND_AT]


def bucket_at(place: int) -> int:
    """The popularity of what stands there."""
    return place >> _BUCKET_AT & MOST_BUCKET
