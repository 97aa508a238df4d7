"""A playlist as a file for players: one entry is two lines, with every title."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from veza.community.m3u import m3u

TRACK = UUID("01890000-0000-7000-8000-000000000001")


@dataclass
class Entry:
    track_id: UUID
    title: str
    artist_name: str
    duration_ms: int | None


def address(entry: Entry) -> str:
    return f"https://veza.test/tracks/{entry.track_id}"


def test_an_entry_has_its_length_artist_title_and_address() -> None:
    entries = [Entry(TRACK, "First light", "Anna", 214_600), Entry(TRACK, "Later", "Ben", None)]
    assert m3u("Sunday", entries, address) == (
        "#EXTM3U\n#PLAYLIST:Sunday\n"
        f"#EXTINF:215,Anna - First light\nhttps://veza.test/tracks/{TRACK}\n"
        f"#EXTINF:-1,Ben - Later\nhttps://veza.test/tracks/{TRACK}\n"
    )


@given(st.text(), st.text(), st.text())
def test_no_text_makes_a_line_of_its_own(title: str, track: str, artist: str) -> None:
    lines = m3u(title, [Entry(TRACK, track, artist, 1)], address).splitlines()
    assert len(lines) == 4
    assert lines[3] == f"https://veza.test/tracks/{TRACK}"
