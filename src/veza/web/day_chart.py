"""Days as bars, stacked by what they are made of: geometry for SVG, whose colours a style sheet gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

DAY, BAR, HEIGHT = 30, 26, 144
"""Units of the drawing: the width of a day, of its bar, and the height of the highest one."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar; `key` says what of."""

    key: Hashable
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A day with its parts, the lowest first."""

    day: date
    x: int
    total: int
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class DayChart:
    """The bars of the days that have anything, from `first` to `last`; `highest` is the first of the highest ones."""

    first: date
    last: date
    width: int
    bars: Sequence[Bar]
    total: int

    @property
    def highest(self) -> Bar | None:
        return max(self.bars, key=lambda one: one.total, default=None)


def drawn(values: Iterable[tuple[date, Hashable, int]], first: date, last: date) -> DayChart:
    """A chart of (day, what, how much). Parts of every bar stand in the order in which each came first; a part that is
    there is one unit high at least."""
    days: dict[date, dict[Hashable, int]] = defaultdict(dict)
    order: dict[Hashable, int] = {}
    for day, key, value in values:
        order.setdefault(key, len(order))
        if first <= day <= last and value > 0:
            days[day][key] = days[day].get(key, 0) + value
    top = max((sum(parts.values()) for parts in days.values()), default=0)
    bars = [
        Bar(day, (day - first).days * DAY, sum(days[day].values()), _parts(days[day], order, top))
        for day in sorted(days)
    ]
    return DayChart(first, last, ((last - first).days + 1) * DAY, bars, sum(one.total for one in bars))


def _parts(values: dict[Hashable, int], order: dict[Hashable, int], top: int) -> list[Part]:
    parts, floor = list[Part](), HEIGHT
    for key in sorted(values, key=order.__getitem__):
        height = max(1, values[key] * HEIGHT // top)
        floor -= height
        parts.append(Part(key, floor, height))
    return parts


def days_back(today: date, days: int) -> date:
    """The first of so many days that end today."""
    return today - timedelta(days=days - 1)
