"""Large matrices: a run takes a sample of their rows, the same each time; with `--whole` (`make soak`) all of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

import pytest

SEED = 20_260_105
Row = TypeVar("Row")


class Sampler:
    """Chooses rows; one for each test, so that a test's sample does not depend on the tests before it."""

    def __init__(self, *, whole: bool) -> None:
        self.whole = whole
        self._chance = random.Random(SEED)

    def some(self, rows: Sequence[Row], count: int) -> list[Row]:
        """So many of the rows, in their order; all of them with `--whole`."""
        if self.whole:
            return list(rows)
        chosen = self._chance.sample(range(len(rows)), min(count, len(rows)))
        return [rows[at] for at in sorted(chosen)]


@pytest.fixture
def sampler(request: pytest.FixtureRequest) -> Sampler:
    return Sampler(whole=request.config.getoption("--whole"))
