"""No code reads what a message says: the same seeds do the same in other words."""

from __future__ import annotations

import pytest

from tests.pseudo_language import Pseudo
from veza.kit.messages import CATALOGUES, ENGLISH
from veza.lab.simulator.coverage import Coverage
from veza.lab.simulator.simulate import simulate

SEED, RUNS = 4100, 8


async def lived() -> Coverage:
    report = await simulate(SEED, RUNS)
    assert not report.failures, "\n\n".join(str(one) for one in report.failures)
    return report.coverage


async def test_other_words_change_nothing_that_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    english = await lived()
    monkeypatch.setitem(CATALOGUES, ENGLISH, Pseudo())
    other = await lived()
    assert english.moves.total() > 100
    assert (other.moves, other.crashes, other.states) == (english.moves, english.crashes, english.states)
