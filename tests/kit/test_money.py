"""Amounts print like people write them, and what cannot be an amount is refused in a sentence."""

from __future__ import annotations

import pytest

from veza.kit.money import (
    CURRENCIES,
    LARGEST_MINOR,
    MOST_CHARGE_MINOR,
    Amount,
    BadAmount,
    chargeable,
    decimals,
    known_currency,
    positive,
    typed,
)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (500, "EUR", "5.00 EUR"),
        (5, "EUR", "0.05 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (0, "EUR", "0.00 EUR"),
        (500, "JPY", "500 JPY"),
        (50_000, "ISK", "500 ISK"),
        (-50_000, "UGX", "-500 UGX"),
        (50_050, "ISK", "500.50 ISK"),
        (1230, "KWD", "1.230 KWD"),
        (-1, "KWD", "-0.001 KWD"),
    ],
)
def test_an_amount_prints_like_people_write_it(minor: int, currency: str, text: str) -> None:
    assert str(Amount(minor, currency)) == text


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
    ("minor", "currency"),
    [
        (1, "EUR"),
        (MOST_CHARGE_MINOR, "EUR"),
        (LARGEST_MINOR, "IDR"),
        (1, "JPY"),
        (10, "KWD"),
        (100, "ISK"),
        (100, "UGX"),
    ],
)
def test_what_can_be_charged_is_accepted(minor: int, currency: str) -> None:
    assert positive(minor, currency) == Amount(minor, currency)


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (0, "EUR", "must be above zero"),
        (-1, "JPY", "this one is -1 JPY"),
        (MOST_CHARGE_MINOR + 1, "EUR", "may be at most 999999.99 EUR, this one is 1000000.00 EUR"),
        (100_000_000, "ISK", "may be at most 999999 ISK"),
        (LARGEST_MINOR + 1, "IDR", "may be at most"),
        (11, "KWD", "the last digit of KWD must be 0"),
        (150, "ISK", "the last two digits must be 0"),
    ],
)
def test_what_cannot_be_charged_says_why(minor: int, currency: str, words: str) -> None:
    with pytest.raises(BadAmount, match=words):
        positive(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("12.50", "EUR", 1250), (" 12,5 ", "EUR", 1250), ("12", "EUR", 1200), ("500", "JPY", 500), ("1.230", "KWD", 1230),
     ("-3", "EUR", -300), ("0", "EUR", 0), ("12.500", "EUR", 1250)],
)  # fmt: skip
def test_an_amount_is_read_as_people_type_it(text: str, currency: str, minor: int) -> None:
    assert typed(text, currency) == Amount(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency", "words"),
    [("", "EUR", "is not an amount"), ("twelve", "EUR", "is not an amount"), ("1.000,50", "EUR", "is not an amount"),
     ("NaN", "EUR", "is not an amount"), ("Infinity", "EUR", "is not an amount"), ("1e40", "EUR", "is not an amount"),
     ("9" * 5000, "EUR", "is not an amount"), ("12.505", "EUR", "more decimals than EUR has"),
     ("0.5", "JPY", "more decimals than JPY has"),
     ("500.50", "ISK", "more decimals than ISK has")],
)  # fmt: skip
def test_what_is_no_amount_is_refused_in_one_short_sentence(text: str, currency: str, words: str) -> None:
    with pytest.raises(BadAmount, match=words) as refusal:
        typed(text, currency)
    assert len(str(refusal.value)) < 120


@pytest.mark.parametrize(("minor", "currency"), [(50, "EUR"), (30, "gbp"), (50, "JPY"), (100, "ISK"), (10, "KWD")])
def test_what_the_provider_takes_is_chargeable(minor: int, currency: str) -> None:
    assert chargeable(minor, currency).minor == minor


@pytest.mark.parametrize(("minor", "currency"), [(49, "EUR"), (29, "GBP"), (17_499, "HUF"), (1, "USD")])
def test_what_the_provider_would_refuse_is_told_with_the_least_it_takes(minor: int, currency: str) -> None:
    with pytest.raises(BadAmount, match="is too little to be charged"):
        chargeable(minor, currency)
    with pytest.raises(BadAmount, match="must be above zero"):
        chargeable(0, currency)
