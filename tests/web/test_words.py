"""How times and states are said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.pseudo_language import plain
from veza.money import disputes, payments, refunds, reversals, transfers
from veza.money.webhook_inbox import EventStatus
from veza.web import words

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "under a minute"), (59.9, "under a minute"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"),
        (7500, "2 h 5 min"), (86_400, "1 d"), (90_061, "1 d 1 h"), (86_460, "1 d"), (86_400 * 400, "400 d"),
    ],
)  # fmt: skip
def test_a_span_says_its_two_largest_units(seconds: float, said: str) -> None:
    assert plain(words.span(seconds)) == said


def test_the_past_is_ago_and_the_future_is_in() -> None:
    assert plain(words.ago(NOW - timedelta(minutes=3), NOW)) == "3 min ago"
    assert plain(words.ago(NOW + timedelta(minutes=3), NOW)) == "in 3 min"


def test_every_status_of_every_machine_has_its_words() -> None:
    machines = {
        "payment": payments.machine.statuses,
        "refund": refunds.STATUSES,
        "transfer": transfers.STATUSES,
        "reversal": reversals.STATUSES,
        "dispute": disputes.STATUSES,
        "event": tuple(EventStatus),
        "breaker": ("closed", "open", "half_open"),
    }
    for machine, statuses in machines.items():
        assert set(words.statuses_of(machine)) == set(statuses)


def test_a_status_without_words_is_shown_as_it_is() -> None:
    assert plain(words.state("transfer", "brand_new").label) == "brand new"
