"""Extended M3U: a playlist as a file that players read.

The door that sends it says where a line leads: to the track's page, or to its sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar
from uuid import UUID

from veza.kit.text import sanitize


class Entry(Protocol):
    """What a line is made of, such as a row of `playlist_items.available`."""

    @property
    def track_id(self) -> UUID: ...
    @property
    def title(self) -> str: ...
    @property
    def artist_name(self) -> str: ...
    @property
    def duration_ms(self) -> int | None: ...


E = TypeVar("E", bound=Entry)


def m3u(title: str, entries: Iterable[E], address_of: Callable[[E], str]) -> str:
    """The file's text, to be sent as UTF-8; an unknown duration is -1, as the format has it.

    A line break in a title must not become an entry.
    """
    lines = ["#EXTM3U", f"#PLAYLIST:{sanitize(title)}"]
    for entry in entries:
        seconds = -1 if entry.duration_ms is None else round(entry.duration_ms / 1000)
        lines.append(f"#EXTINF:{seconds},{sanitize(entry.artist_name)} - {sanitize(entry.title)}")
        lines.append(address_of(entry))
    return "\n".join(lines) + "\n"
