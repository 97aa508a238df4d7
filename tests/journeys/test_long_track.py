"""The way of a long track, for a minute; `make soak` takes two hours (tests/journeys/two_hours.py)."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.two_hours import heard, trouble_in


async def test_a_long_track_is_played_to_its_end_by_the_links_of_one_playlist(tmp_path: Path) -> None:
    done = await heard(tmp_path, 60)
    assert trouble_in(done) == ""
