"""Amounts as the sandbox writes them for people."""

from __future__ import annotations

import pytest

from veza.lab.sandbox import currencies


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (500, "eur", "€5.00"),
        (500, "jpy", "¥500"),
        (150_000, "isk", "1,500 isk"),
        (150_050, "isk", "1,500.50 isk"),
        (150_000, "ugx", "1,500 ugx"),
        (1_500_000, "huf", "15,000.00 huf"),
        (1_500, "kwd", "1.500 kwd"),
    ],
)
def test_an_amount_is_shown_with_the_decimals_its_currency_has(amount: int, currency: str, shown: str) -> None:
    assert currencies.pretty(amount, currency) == shown
