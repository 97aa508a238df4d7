"""Keys and the waits between attempts."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from veza.money.attempts import backoff, key_of

waits = st.timedeltas(min_value=timedelta(milliseconds=1), max_value=timedelta(days=30))


def test_the_first_wait_is_the_base_and_the_specifications_example_holds() -> None:
    assert backoff(timedelta(minutes=1), timedelta(hours=1), 0) == timedelta(minutes=1)
    assert backoff(timedelta(seconds=1), timedelta(seconds=10), 4) == timedelta(seconds=10)
    assert backoff(timedelta(seconds=1), timedelta(seconds=10), 3) == timedelta(seconds=8)


@given(waits, waits, st.integers(0, 10_000))
def test_a_wait_is_the_base_doubled_per_failure_and_never_above_the_most(
    base: timedelta, most: timedelta, count: int
) -> None:
    wait = backoff(base, most, count)
    assert wait <= most
    doubled = base
    for _ in range(count):
        doubled = min(most, doubled * 2)
        if doubled == most:
            break
    assert wait == min(most, doubled)
    assert wait <= backoff(base, most, count + 1)


@given(st.sampled_from(["refund", "transfer", "reversal"]), st.integers(1, 10**6))
def test_a_key_names_its_row_and_generation_and_fits(kind: str, generation: int) -> None:
    row, other = uuid4(), uuid4()
    key = key_of(kind, row, generation)
    assert len(key) <= 255
    assert len({key, key_of(kind, row, generation + 1), key_of(kind, other, generation)}) == 3
    assert key == key_of(kind, row, generation)
