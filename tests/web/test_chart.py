"""The chart's shapes: what waited, how much and how long, and the times without a sample."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.pseudo_language import plain
from tests.web.conftest import Desk
from veza.money import backlog
from veza.money.backlog import Peak
from veza.web.operator.chart import AGE, RANGES, ROWS, Chart, charts, currencies

NOW = datetime(2026, 1, 5, 9, 41, 30, tzinfo=UTC)
HOUR = RANGES["1h"]


def peak(minutes_ago: int, state: str, rows: int = 1, currency: str = "EUR", kind: str = "transfer") -> Peak:
    at = NOW.replace(minute=40, second=0) - timedelta(minutes=minutes_ago)
    return Peak(at, kind, state, currency, rows, rows * 100, rows * 60)


def transfers(*peaks: Peak, measure: str = ROWS) -> Chart:
    return charts(peaks, HOUR, NOW, measure)[0]


def paths(chart: Chart) -> dict[str, str]:
    return {one.state: one.path for one in chart.series if one.path}


@pytest.mark.parametrize("name", RANGES)
def test_a_range_ends_with_the_step_that_holds_now(name: str) -> None:
    chosen = RANGES[name]
    last = chosen.begins(NOW) + chosen.step * (chosen.steps - 1)
    assert last <= NOW < last + chosen.step
    assert chosen.steps * chosen.step == chosen.span


def test_states_stand_on_each_other_and_the_axis_ends_at_a_round_number() -> None:
    chart = transfers(peak(0, "pending", 3), peak(0, "failed", 1))
    assert chart.top == "5"
    assert paths(chart) == {"pending": "M29 40h1v60h-1z", "failed": "M29 20h1v20h-1z"}


def test_equal_steps_side_by_side_are_one_box() -> None:
    assert paths(transfers(peak(0, "pending"), peak(2, "pending"), peak(4, "pending")))["pending"] == "M27 0h3v100h-3z"


def test_currencies_add_up_as_rows_but_never_as_money() -> None:
    both = (peak(0, "pending", 2), peak(0, "pending", 3, "JPY"))
    assert transfers(*both).series[0].last == "5"
    assert transfers(*both, measure="EUR").series[0].last == "2.00 EUR"
    assert transfers(*both, measure="JPY").series[0].last == "300 JPY"
    assert currencies([*both, peak(0, "none", 0, "", "none")]) == ["EUR", "JPY"]


def test_ages_are_lines_that_do_not_add_up() -> None:
    chart = transfers(peak(0, "pending", 30), peak(0, "failed", 60), measure=AGE)
    assert chart.is_lines
    assert plain(chart.top) == "1 h"
    assert paths(chart) == {"pending": "M29 50h1", "failed": "M29 0h1"}


def test_a_time_in_which_nothing_waited_differs_from_one_without_a_sample() -> None:
    chart = transfers(peak(0, "none", 0, "", "none"), peak(4, "pending"))
    assert chart.unseen == "M0 0h27v100h-27zM28 0h1v100h-1z"
    assert chart.series[0].last == "0"
    assert chart.series[0].most == "1"
    assert paths(chart) == {"pending": "M27 0h1v100h-1z"}


def test_samples_outside_the_range_are_left_out() -> None:
    assert paths(transfers(peak(60, "pending"), peak(-2, "pending"))) == {}


def test_every_kind_that_waits_has_a_chart_with_all_its_states() -> None:
    shown = {chart.kind: tuple(one.state for one in chart.series) for chart in charts([], HOUR, NOW, ROWS)}
    assert shown == backlog.WAITING


async def test_samples_are_put_together_by_their_most(desk: Desk) -> None:
    await backlog.sample(desk.stage.database)
    desk.stage.clock.advance(timedelta(minutes=1))
    await desk.given_up()
    await backlog.sample(desk.stage.database)
    desk.stage.clock.advance(timedelta(minutes=1))
    await desk.given_up("ben")
    await backlog.sample(desk.stage.database)
    async with desk.stage.database.read() as session:
        begins = session.now - timedelta(hours=1)
        by_ten = await backlog.peaks(session, begins, timedelta(minutes=10))
        by_one = await backlog.peaks(session, begins, timedelta(minutes=1))
    assert [(one.kind, one.rows) for one in by_ten] == [("none", 0), ("reversal", 2), ("transfer", 2)]
    assert [(one.at.minute, one.kind, one.rows, one.amount_minor) for one in by_one] == [
        (0, "none", 0, 0), (1, "reversal", 1, 900), (1, "transfer", 1, 900),
        (2, "reversal", 2, 1800), (2, "transfer", 2, 1800),
    ]  # fmt: skip
