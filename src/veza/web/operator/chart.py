"""The backlog over time as shapes: a server draws them into SVG, and a style sheet gives them their colours.

One unit of x is one step of time; y runs from 0 (top) to 100 (bottom), so that the drawing can be stretched to
any width while its labels, which are text around it, stay readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TypeVar

from veza.kit.messages import Message, gettext
from veza.kit.money import Amount
from veza.money.backlog import WAITING, Peak
from veza.web import words

TITLES = {
    "transfer": gettext("Transfers to sellers"),
    "reversal": gettext("Reversals"),
    "refund": gettext("Refunds to buyers"),
    "netting": gettext("Shares kept for debts"),
}
ROWS, AGE = "rows", "age"

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Range:
    """How far back a chart looks, and how much time one step of it is."""

    name: str
    label: Message
    span: timedelta
    step: timedelta
    marks: str
    """How a time at its edge is written (CLDR)."""

    def begins(self, now: datetime) -> datetime:
        """The beginning of the first step; the last step holds `now`."""
        step = int(self.step.total_seconds())
        last = int(now.timestamp()) // step * step
        return datetime.fromtimestamp(last + step, UTC) - self.span

    @property
    def steps(self) -> int:
        return self.span // self.step


RANGES = {
    found.name: found
    for found in (
        # Two minutes: samples a minute apart drift, and a step without one would look like a time without samples.
        Range("1h", gettext("1 hour"), timedelta(hours=1), timedelta(minutes=2), "HH:mm"),
        Range("24h", gettext("24 hours"), timedelta(hours=24), timedelta(minutes=10), "HH:mm"),
        Range("7d", gettext("7 days"), timedelta(days=7), timedelta(hours=1), "d MMM"),
    )
}


@dataclass(frozen=True, slots=True)
class Series:
    """One state: its shape, what the last sample saw and the most any saw, both in words."""

    state: str
    path: str
    last: Message | str
    most: Message | str


@dataclass(frozen=True, slots=True)
class Chart:
    """One kind of row over time. `unseen` is the shape of the times without samples."""

    kind: str
    title: Message
    steps: int
    series: Sequence[Series]
    unseen: str
    top: Message | str
    marks: Sequence[datetime]
    is_lines: bool
    peak_minor: int


def charts(peaks: Sequence[Peak], chosen: Range, now: datetime, measure: str) -> list[Chart]:
    """One chart per kind of row. `measure`: how many waited (`rows`), the oldest's age (`age`), or an amount (EUR)."""
    return [_draw(kind, peaks, chosen, now, measure) for kind in TITLES]


def currencies(peaks: Iterable[Peak]) -> list[str]:
    """Which amounts can be shown."""
    return sorted({peak.currency for peak in peaks if peak.currency})


def _draw(kind: str, peaks: Sequence[Peak], chosen: Range, now: datetime, measure: str) -> Chart:
    begins, steps = chosen.begins(now), chosen.steps
    values = {status: [0] * steps for status in WAITING[kind]}
    seen = [False] * steps
    for peak in peaks:
        nth = (peak.at - begins) // chosen.step
        if not 0 <= nth < steps:
            continue
        seen[nth] = True
        if peak.kind == kind and peak.state in values:
            mine = values[peak.state]
            mine[nth] = _measured(mine[nth], peak, measure)
    is_lines = measure == AGE
    heights = [max(column) if is_lines else sum(column) for column in zip(*values.values(), strict=True)]
    top = _round_up(max(heights), measure)
    floor, series = [0] * steps, []
    for status, column in values.items():
        path = _line(column, seen, top) if is_lines else _band(floor, column, top)
        if not is_lines:
            floor = [below + here for below, here in zip(floor, column, strict=True)]
        latest = column[_last(seen)] if any(seen) else 0
        series.append(Series(status, path, _said(latest, measure), _said(max(column), measure)))
    marks = [begins + chosen.span * quarter / 4 for quarter in range(5)]
    return Chart(
        kind, TITLES[kind], steps, series, _unseen(seen), _said(top, measure), marks, is_lines, max(heights)
    )  # fmt: skip


def _measured(so_far: int, peak: Peak, measure: str) -> int:
    if measure == AGE:
        return max(so_far, peak.oldest_seconds)
    if measure == ROWS:
        return so_far + peak.rows
    return so_far + (peak.amount_minor if peak.currency == measure else 0)


def _said(value: int, measure: str) -> Message | str:
    if measure == ROWS:
        return str(value)
    if measure == AGE:
        return words.span(value) if value else "0"
    return str(Amount(value, measure))


def _round_up(value: int, measure: str) -> int:
    """The next 1, 2 or 5 with zeros, so that the axis ends at a number one can read; ages end where they end."""
    if measure == AGE:
        return max(value, 60)
    power = 1
    while power * 10 <= value:
        power *= 10
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= value)


def _band(floor: Sequence[int], column: Sequence[int], top: int) -> str:
    """Boxes standing on `floor`, one per run of equal steps."""
    boxes = []
    for x, wide, (below, here) in _runs(list(zip(floor, column, strict=True))):
        if here:
            height = 100 * here / top
            boxes.append(f"M{x} {100 - 100 * below / top - height:.4g}h{wide}v{height:.4g}h-{wide}z")
    return "".join(boxes)


def _line(column: Sequence[int], seen: Sequence[bool], top: int) -> str:
    """A staircase, broken where there are no samples and where nothing waited."""
    path, pen_down = [], False
    for x, wide, (here, known) in _runs(list(zip(column, seen, strict=True))):
        if not known or not here:
            pen_down = False
            continue
        y = 100 - 100 * here / top
        path.append(f"{'V' if pen_down else f'M{x} '}{y:.4g}h{wide}")
        pen_down = True
    return "".join(path)


def _unseen(seen: Sequence[bool]) -> str:
    return "".join(f"M{x} 0h{wide}v100h-{wide}z" for x, wide, known in _runs(seen) if not known)


def _runs(items: Sequence[Item]) -> Iterator[tuple[int, int, Item]]:
    """(where it begins, how long it is, its value) for every run of equal items."""
    at = 0
    for value, run in groupby(items):
        wide = len(list(run))
        yield at, wide, value
        at += wide


def _last(seen: Sequence[bool]) -> int:
    return max(nth for nth, known in enumerate(seen) if known)
