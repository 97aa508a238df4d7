"""Codes of countries and languages are those that CLDR knows, with a hint where one was meant."""

from __future__ import annotations

import pytest

from veza.kit import codes
from veza.kit.codes import BadCode


@pytest.mark.parametrize(("written", "code"), [("de", "DE"), (" BA ", "BA"), ("XK", "XK"), ("AX", "AX")])
def test_a_country_is_known_by_its_two_letters(written: str, code: str) -> None:
    assert codes.country(written) == code


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("UK", "“UK” is no country; write GB for United Kingdom"),
        ("DD", "write DE for Germany"),
        ("XX", "write its two letters"),
        ("EU", "write its two letters"),
        ("ZZ", "write its two letters"),
        ("", "is no country"),
        ("Ⅾ", "is no country"),
    ],
)
def test_what_is_no_country_is_refused_with_what_to_write(written: str, sentence: str) -> None:
    with pytest.raises(BadCode, match=sentence):
        codes.country(written)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("ger", "de"),
        ("deu", "de"),
        ("FR", "fr"),
        ("scc", "sr"),
        ("iw", "he"),
        ("gsw", "gsw"),
        ("zxx", "zxx"),
        ("mac", "mk"),
    ],
)
def test_a_language_is_taken_in_its_shortest_form(written: str, code: str) -> None:
    assert codes.language(written) == code


@pytest.mark.parametrize("written", ["qq", "und", "XXX", "klingon", "", "de_AT"])
def test_what_is_no_language_is_refused(written: str) -> None:
    with pytest.raises(BadCode, match="is no language"):
        codes.language(written)


def test_what_says_that_the_language_is_unknown_is_told_from_a_mistake() -> None:
    assert [codes.names_no_language(one) for one in ("und", "XXX", "qq")] == [True, True, False]
