"""How much one person, artist or release may have: settings, so that a label of any size fits."""

from __future__ import annotations

from dataclasses import dataclass

TRACKS_EVER = 5_000
"""The most any setting may allow on a release: the API's description says so. The largest box sets
have about 4,000."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Counts, each at most; the defaults are those of the settings with the same names."""

    artists_per_person: int = 500
    people_per_artist: int = 50
    tracks_per_release: int = 500
