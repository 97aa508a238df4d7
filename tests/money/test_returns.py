"""What goes back per line and what a seller is owed: sums are exact, order does not matter, all of it is nothing."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veza.kit.money import spread
from veza.money.payments import PaymentLine
from veza.money.returns import allocate, owed


def line(gross: int, fee_bps: int) -> PaymentLine:
    fee = gross * fee_bps // 10_000
    return PaymentLine(id=uuid4(), gross_minor=gross, fee_minor=fee, share_minor=gross - fee)


CURRENCIES = ["EUR", "JPY", "KWD", "ISK"]
lines = st.lists(st.builds(line, st.integers(1, 10**7), st.integers(0, 10_000)), min_size=1, max_size=8)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any), st.integers(0, 10**9))
def test_a_spread_is_exact_and_within_one_unit_of_its_proportion(weights: list[int], total: int) -> None:
    parts = spread(total, weights)
    whole = sum(weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * whole - total * weight) < whole
        assert part == 0 or weight > 0
        assert total > whole or part <= weight


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=10))
def test_a_spread_of_the_whole_gives_back_the_weights(weights: list[int]) -> None:
    assert spread(sum(weights), weights) == weights


def test_ties_go_to_the_earlier_line() -> None:
    assert spread(2, [1, 1, 1]) == [1, 1, 0]
    assert spread(1, [5, 5]) == [1, 0]


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (1, [-1, 2]), (1, [0, 0]), (1, [])])
def test_a_spread_of_nothing_sensible_is_refused(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"spread|cannot"):
        spread(total, weights)
    assert spread(0, [0, 0]) == [0, 0]


@given(lines, st.data())
def test_an_allocation_is_exact_and_no_line_returns_more_than_it_has_left(
    some: list[PaymentLine], data: st.DataObject
) -> None:
    left = {one.id: data.draw(st.integers(0, one.gross_minor)) for one in some}
    amount = data.draw(st.integers(0, 2 * sum(one.gross_minor for one in some)))
    parts, excess = allocate(some, left, amount, {})
    assert sum(parts.values()) + excess == amount
    assert all(0 < part <= left[line_id] for line_id, part in parts.items())
    assert excess == max(0, amount - sum(left.values()))


@given(lines, st.data())
def test_wanted_lines_get_what_they_ask_for_as_far_as_they_have_it(
    some: list[PaymentLine], data: st.DataObject
) -> None:
    left = {one.id: data.draw(st.integers(0, one.gross_minor)) for one in some}
    wanted = {one.id: data.draw(st.integers(0, one.gross_minor)) for one in some}
    amount = sum(wanted.values()) + data.draw(st.integers(0, 1000))
    parts, excess = allocate(some, left, amount, wanted)
    assert sum(parts.values()) + excess == amount
    for line_id, asked in wanted.items():
        assert min(asked, left[line_id]) <= parts.get(line_id, 0) <= left[line_id]


def test_lines_that_ask_for_more_than_the_amount_are_refused() -> None:
    one = line(1000, 0)
    with pytest.raises(ValueError, match="the wanted lines sum to 1 more than the amount"):
        allocate([one], {one.id: 1000}, 4, {one.id: 5})


@given(lines, st.sampled_from(CURRENCIES), st.data())
def test_what_is_owed_depends_on_the_sum_and_not_on_the_order(
    some: list[PaymentLine], currency: str, data: st.DataObject
) -> None:
    refunds = [
        {one.id: data.draw(st.integers(0, one.gross_minor // 3)) for one in some}
        for _ in range(data.draw(st.integers(0, 3)))
    ]

    def after(order: list[dict[UUID, int]]) -> list[int]:
        back = {one.id: 0 for one in some}
        for refund in order:
            for line_id, amount in refund.items():
                back[line_id] += amount
        return [owed(one, back[one.id], currency) for one in some]

    assert after(refunds) == after(refunds[::-1])


@given(st.builds(line, st.integers(1, 10**9), st.integers(0, 10_000)), st.data())
def test_what_is_owed_falls_from_the_share_to_exactly_zero(one: PaymentLine, data: st.DataObject) -> None:
    assert owed(one, 0, "EUR") == one.share_minor
    assert owed(one, one.gross_minor, "EUR") == 0
    less = data.draw(st.integers(0, one.gross_minor))
    more = data.draw(st.integers(less, one.gross_minor))
    assert 0 <= owed(one, more, "EUR") <= owed(one, less, "EUR") <= one.share_minor


@given(st.builds(line, st.integers(1, 10**6), st.integers(0, 10_000)), st.data())
def test_what_is_taken_back_is_an_amount_the_currency_allows(one: PaymentLine, data: st.DataObject) -> None:
    back = data.draw(st.integers(0, one.gross_minor))
    for currency, step in (("EUR", 1), ("JPY", 1), ("KWD", 10), ("ISK", 100)):
        taken = one.share_minor - owed(one, back, currency)
        assert taken % step == 0
        assert 0 <= one.share_minor * back // one.gross_minor - taken < step
