"""Words below a wave: where they hang, and that no stem crosses them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from veza.web.moments import LANES, MOST_PINS, MOST_TICKS, Pin, pins, ticks

HOUR = 3_600_000


@dataclass(frozen=True)
class Words:
    """A comment."""

    at_ms: int
    text: str


def laid(*said: tuple[int, str], length_ms: int = 100_000) -> list[tuple[int, int, str]]:
    return [(one.at_ms, one.lane, one.words) for one in pins([Words(*one) for one in said], length_ms)]


def test_words_with_space_hang_in_the_first_lane() -> None:
    assert laid((10_000, "turn it up"), (60_000, "the door")) == [(10_000, 0, "turn it up"), (60_000, 0, "the door")]


def test_words_that_meet_a_stem_pass_below_it() -> None:
    assert laid((10_000, "in my head since Tuesday"), (20_000, "yes")) == [
        (10_000, 1, "in my head since Tuesday"),
        (20_000, 0, "yes"),
    ]


def test_words_near_the_end_are_cut_and_those_at_the_end_left_out() -> None:
    assert laid((88_000, "left and right are exchanged")) == [(88_000, 0, "left and right…")]
    assert laid((97_000, "the end")) == [(97_000, 0, "")]


def test_words_that_would_hang_too_low_are_left_out() -> None:
    crowd = [(10_000 + 9_000 * place, "in my head since Tuesday") for place in range(6)]
    assert [lane for _, lane, words in laid(*crowd) if words][-3:] == [2, 1, 0]
    assert any(not words for _, _, words in laid(*crowd))


def test_a_track_of_no_length_and_words_behind_its_end_have_no_pins() -> None:
    assert pins([Words(0, "hello there")], 0) == []
    assert laid((100_001, "hello there")) == []


@given(st.lists(st.tuples(st.integers(0, HOUR), st.text(min_size=1, max_size=80)), max_size=60))
def test_no_stem_crosses_words(said: list[tuple[int, str]]) -> None:
    found = pins([Words(*one) for one in said], HOUR)
    assert len(found) <= MOST_PINS
    assert [one.at_ms for one in found] == sorted(one.at_ms for one in found)
    for place, pin in enumerate(found):
        assert pin.lane < LANES
        assert not pin.words or pin.end_percent <= 100
        assert not any(_crosses(other, pin) for other in found[place + 1 :])


def _crosses(stem: Pin, pin: Pin) -> bool:
    return bool(pin.words) and stem.percent < pin.end_percent and stem.lane >= pin.lane


@given(st.integers(1, 6 * HOUR))
def test_a_few_times_are_written_at_even_distances_and_inside_of_the_window(length_ms: int) -> None:
    found = ticks(length_ms)
    assert 1 <= len(found) <= MOST_TICKS + 1
    assert len({later.at_ms - one.at_ms for one, later in pairwise(found)}) <= 1
    assert found[0].at_ms == 0
    assert found[-1].percent < 98
