"""A pace kept in memory: so many tries at once, then one each so often, of each network alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from veza.kit import pace
from veza.kit.clock import ManualClock
from veza.kit.limits import Limit, RateLimited
from veza.kit.pace import Pace

LIMIT = Limit("tries", burst=3, per=timedelta(seconds=2))


def test_a_burst_is_open_at_once_and_then_one_try_each_time(clock: ManualClock) -> None:
    tries = Pace(LIMIT, clock)
    for _ in range(3):
        tries.spend("a")
    with pytest.raises(RateLimited) as refused:
        tries.spend("a")
    assert refused.value.retry_after_seconds == 2
    tries.spend("b")
    clock.advance(timedelta(seconds=2))
    tries.spend("a")
    with pytest.raises(RateLimited):
        tries.spend("a")


def test_what_came_longest_ago_is_forgotten_first(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "MOST_KNOWN", 2)
    tries = Pace(Limit("tries", burst=1, per=timedelta(hours=1)), clock)
    for whom in ("a", "b", "c"):
        tries.spend(whom)
    tries.spend("a")
    with pytest.raises(RateLimited):
        tries.spend("c")
