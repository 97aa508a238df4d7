"""Amounts print like people write them, and what cannot be an amount is refused in a sentence."""

from __future__ import annotations

import pytest

from veza.kit.money import CURRENCIES, LARGEST_MINOR, BadAmount, Money, decimals, known_currency, positive


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (500, "EUR", "5.00 EUR"),
        (5, "EUR", "0.05 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (0, "EUR", "0.00 EUR"),
        (500, "JPY", "500 JPY"),
        (1230, "KWD", "1.230 KWD"),
        (-1, "KWD", "-0.001 KWD"),
    ],
)
def test_an_amount_prints_like_people_write_it(minor: int, currency: str, text: str) -> None:
    assert str(Money(minor, currency)) == text


@pytest.mark.parametrize("code", ["eur", " EUR ", "EUR"])
def test_a_currency_is_known_however_it_is_written(code: str) -> None:
    assert known_currency(code) == "EUR"


@pytest.mark.parametrize("code", ["", "EURO", "E", "€", "XXX", "eu r", "EUR\x00", "a" * 10_000])
def test_an_unknown_currency_is_refused_in_one_short_sentence(code: str) -> None:
    with pytest.raises(BadAmount, match="is not a currency code we know") as refusal:
        known_currency(code)
    assert len(str(refusal.value)) < 100


def test_stripes_lists_of_decimals() -> None:
    zero = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()
    assert {code for code in CURRENCIES if decimals(code) == 0} == set(zero)
    assert {code for code in CURRENCIES if decimals(code) == 3} == {"BHD", "JOD", "KWD", "OMR", "TND"}


@pytest.mark.parametrize(
    ("minor", "currency"), [(1, "EUR"), (LARGEST_MINOR, "EUR"), (1, "JPY"), (10, "KWD"), (100, "ISK"), (100, "UGX")]
)
def test_what_can_be_charged_is_accepted(minor: int, currency: str) -> None:
    assert positive(minor, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (0, "EUR", "must be above zero"),
        (-1, "JPY", "this one is -1 JPY"),
        (LARGEST_MINOR + 1, "EUR", "may be at most"),
        (11, "KWD", "the last digit of KWD must be 0"),
        (150, "ISK", "the last two digits must be 0"),
    ],
)
def test_what_cannot_be_charged_says_why(minor: int, currency: str, words: str) -> None:
    with pytest.raises(BadAmount, match=words):
        positive(minor, currency)
