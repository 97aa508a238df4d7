"""What is known of a date is taken with its precision; what is odd is said."""

from __future__ import annotations

import pytest

from veza.ingest.dates import read_date


@pytest.mark.parametrize(
    ("written", "first", "precision"),
    [
        ("2004-05-19", "2004-05-19", "day"),
        ("2004-5-9", "2004-05-09", "day"),
        ("2004/05/19", "2004-05-19", "day"),
        ("2004.05.19", "2004-05-19", "day"),
        ("20040519", "2004-05-19", "day"),
        ("2004-05-19T12:30:00Z", "2004-05-19", "day"),
        ("2004-05-19 12:30", "2004-05-19", "day"),
        ("19/05/2004", "2004-05-19", "day"),
        ("05/19/2004", "2004-05-19", "day"),
        ("07.07.2004", "2004-07-07", "day"),
        ("1986-02-00", "1986-02-01", "month"),
        ("1986-02", "1986-02-01", "month"),
        ("1999-00-00", "1999-01-01", "year"),
        ("19990000", "1999-01-01", "year"),
        (" 1986 ", "1986-01-01", "year"),
    ],
)
def test_what_a_date_says_is_taken(written: str, first: str, precision: str) -> None:
    known, note = read_date(written)
    assert known is not None
    assert (known.first.isoformat(), known.precision, note) == (first, precision, "")


@pytest.mark.parametrize(
    ("written", "year", "note"),
    [
        ("05/04/2004", 2004, "may be two days: only its year is taken"),
        ("May 2004", 2004, "only the year is understood"),
        ("c. 1986", 1986, "only the year is understood"),
        ("1986?", 1986, "only the year is understood"),
        ("1986-13-01", 1986, "only the year is understood"),
        ("1986-02-30", 1986, "only the year is understood"),
        ("1986-00-05", 1986, "only the year is understood"),
        ("℗ 1986", 1986, "only the year is understood"),
    ],
)
def test_of_an_odd_date_the_year_is_taken_with_a_note(written: str, year: int, note: str) -> None:
    known, said = read_date(written)
    assert known is not None
    assert (known.first.year, known.precision) == (year, "year")
    assert note in said


@pytest.mark.parametrize("written", ["soon", "0000", "04", "1986 or 1987", "9999", "1066-10-14", "0000-00-00", "'86"])
def test_what_is_no_date_is_left_out_with_a_note(written: str) -> None:
    known, note = read_date(written)
    assert known is None
    assert "is no date that is understood: it is left out" in note
