"""Extended M3U: a playlist as a file that players read.

A line leads to the track's page, `/tracks/{id}`, which says what the track is. It is no stream: a player that wants
sound finds none there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from veza.kit.text import sanitize


class Entry(Protocol):
    """What a line is made of; columns of `playlist_items.available`."""

    track_id: UUID
    title: str
    artist_name: str
    duration_ms: int | None


def m3u(title: str, entries: Iterable[Entry], base_url: str) -> str:
    """The file's text, to be sent as UTF-8; an unknown duration is -1, as the format has it.

    A line break in a title must not become an entry.
    """
    lines = ["#EXTM3U", f"#PLAYLIST:{sanitize(title)}"]
    for entry in entries:
        seconds = -1 if entry.duration_ms is None else round(entry.duration_ms / 1000)
        lines.append(f"#EXTINF:{seconds},{sanitize(entry.artist_name)} - {sanitize(entry.title)}")
        lines.append(f"{base_url}/tracks/{entry.track_id}")
    return "\n".join(lines) + "\n"
