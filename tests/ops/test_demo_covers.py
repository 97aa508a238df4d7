"""The demo: a cover is always the same for the same name and good enough for the catalogue; the label is small."""

from __future__ import annotations

from veza.catalog.pictures import make_cover
from veza.ops.demo.covers import cover_of
from veza.ops.demo.roster import ROSTER


def test_a_cover_repeats_by_its_name_and_becomes_every_size() -> None:
    picture = cover_of("Low Water")
    assert picture == cover_of("Low Water")
    assert picture != cover_of("Departures")
    assert make_cover(picture).sizes == [96, 256, 512, 1024]


def test_the_roster_is_a_small_label() -> None:
    records = [record for act in ROSTER for record in act.records]
    assert (len(ROSTER), len(records)) == (8, 20)
    assert len({record.title for record in records}) == 20
    assert {act.currency for act in ROSTER} == {"EUR", "GBP", "USD"}
    assert all(record.licence for record in records if record.kind == "sample_pack")
