"""What a thing in a cart costs now, and how much VAT is in it: laws over made-up prices."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veza.market.cart import CartItem, amount_now
from veza.market.products import Offer, Pricing, Product
from veza.market.vat import vat_of


def _now(seen: tuple[str, int, str], amount: int, today: tuple[str, int, str]) -> tuple[int, str]:
    item = CartItem(pricing=seen[0], price_minor=seen[1], currency=seen[2], amount_minor=amount)
    product = Product(id=UUID(int=1), pricing=today[0], price_minor=today[1], currency=today[2])
    made: Any = Offer(product, None, None, None)  # type: ignore[arg-type]
    money = amount_now(item, made)
    return money.minor, money.currency


@pytest.mark.parametrize(
    ("seen", "amount", "today", "costs"),
    [
        (("fixed", 900, "EUR"), 900, ("fixed", 900, "EUR"), (900, "EUR")),
        (("fixed", 900, "EUR"), 900, ("fixed", 800, "EUR"), (800, "EUR")),
        (("minimum", 700, "EUR"), 900, ("minimum", 800, "EUR"), (900, "EUR")),
        (("minimum", 700, "EUR"), 900, ("minimum", 1000, "EUR"), (1000, "EUR")),
        (("minimum", 700, "EUR"), 900, ("minimum", 700, "USD"), (700, "USD")),
        (("minimum", 700, "EUR"), 900, ("fixed", 800, "EUR"), (800, "EUR")),
        (("fixed", 900, "EUR"), 900, ("minimum", 500, "EUR"), (500, "EUR")),
        (("fixed", 900, "EUR"), 900, ("free", 0, "EUR"), (0, "EUR")),
    ],
)
def test_todays_price_stands_unless_the_buyers_own_is_enough(seen: Any, amount: int, today: Any, costs: Any) -> None:
    assert _now(seen, amount, today) == costs


@given(st.integers(0, 10**11), st.integers(0, 5000))
def test_vat_is_a_part_of_the_price_rounded_half_up(gross: int, rate: int) -> None:
    vat = vat_of(gross, rate)
    assert 0 <= vat <= gross
    assert abs(vat * (10_000 + rate) - gross * rate) * 2 <= 10_000 + rate
    assert vat_of(gross, 0) == 0


def test_every_way_of_pricing_is_known_to_the_table() -> None:
    (check,) = [one for one in Product.__table__.constraints if "pricing_known" in str(one.name)]
    assert all(f"'{way}'" in str(check.sqltext) for way in Pricing)  # type: ignore[attr-defined]
