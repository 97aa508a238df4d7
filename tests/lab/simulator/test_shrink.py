"""Shrinking keeps what is needed to fail, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from veza.lab.simulator.shrink import shrink


async def _shrunk(script: list[int], needed: set[int], most_tries: int = 1000) -> list[int]:
    async def fails(shorter: list[int]) -> bool:
        return needed <= set(shorter)

    return await shrink(script, fails, most_tries=most_tries)


@given(st.sets(st.integers(0, 39), min_size=1, max_size=4))
async def test_only_what_the_failure_needs_is_left(needed: set[int]) -> None:
    assert await _shrunk(list(range(40)), needed) == sorted(needed)


async def test_shrinking_ends_within_its_bound() -> None:
    assert 7 in await _shrunk(list(range(40)), {7}, most_tries=3)
