"""What a seed draws: always the same label, another one for another seed, and each of them a small believable one."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from PIL import Image, ImageDraw

from veza.catalog.pictures import make_cover
from veza.lab.demo import month
from veza.lab.demo.covers import PAINTERS, Painter, cover_of, look_of
from veza.lab.demo.month import month_of
from veza.lab.demo.roster import LICENCE, Roster, roster_of

SEEDS = range(40)


def titles(roster: Roster) -> set[str]:
    return {record.title for act in roster.acts for record in act.records}


def test_a_cover_repeats_by_its_name_and_becomes_every_size() -> None:
    picture = cover_of(1, 0, "Low Water")
    assert picture == cover_of(1, 0, "Low Water")
    assert picture != cover_of(1, 0, "Departures")
    assert make_cover(picture).sizes == [96, 256, 512, 1024]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_two_covers_of_a_label_look_alike(seed: int) -> None:
    looks = [look_of(seed, number) for number in range(20)]
    assert len(set(looks)) == 20
    assert len({painter for painter, _ in looks}) == len(PAINTERS)


@pytest.mark.parametrize("painter", PAINTERS)
def test_every_painter_paints_with_every_seed(painter: Painter) -> None:
    for seed in range(60):
        picture = Image.new("RGB", (64, 64))
        painter(ImageDraw.Draw(picture), random.Random(seed), ("#000000", "#ff0000", "#00ff00"), 64)
        assert len(picture.getcolors() or ()) > 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_draws_a_small_label_and_always_the_same(seed: int) -> None:
    roster = roster_of(seed)
    assert roster == roster_of(seed)
    assert month_of(seed, roster) == month_of(seed, roster_of(seed))
    records = [record for act in roster.acts for record in act.records]
    assert (len(roster.acts), len(records), len(titles(roster))) == (8, 20, 20)
    assert len(set(roster.listeners)) == 6
    assert {act.currency for act in roster.acts} == {"EUR", "GBP", "USD"}
    assert {record.kind for record in records} == {"album", "ep", "single", "sample_pack"}
    assert {record.pricing for record in records} == {"fixed", "minimum", "free"}
    assert {record.status for record in records} == {"draft", "scheduled", "published", "withdrawn"}
    assert {record.licence for record in records} == {"", LICENCE}
    assert all(bool(record.licence) == (record.kind == "sample_pack") for record in records)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_buyer_buys_twice_and_a_sale_is_of_one_currency(seed: int) -> None:
    roster = roster_of(seed)
    had = {month.PRESENT}
    for sale in (*month_of(seed, roster), month.FREE):
        assert len({roster.acts[thing.act].currency for thing in sale.things}) == 1
        for thing in sale.things:
            assert roster.record(thing.release).status == "published"
            if sale.buyer is not None:
                assert (sale.buyer, thing.release) not in had
                had.add((sale.buyer, thing.release))


def test_another_seed_is_visibly_another_label() -> None:
    drawn = [roster_of(seed) for seed in range(12)]
    for one, other in combinations(drawn, 2):
        assert len({act.name for act in one.acts} & {act.name for act in other.acts}) <= 5
        assert len(titles(one) & titles(other)) <= 10
        assert [act.records for act in one.acts] != [act.records for act in other.acts]
    assert len({month_of(seed, roster_of(seed)) for seed in range(12)}) == 12
