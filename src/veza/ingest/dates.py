"""Dates of tags, each with its precision; a part that cannot be read is noted, never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from veza.catalog.metadata import EARLIEST, LATEST

_YEAR_FIRST = re.compile(
    r"(\d{4})(?:[-./](\d{1,2})(?:[-./](\d{1,2}))?)?(?:[T ]\d{1,2}(?::\d{2}){0,2}(?:\.\d+)?\S{0,6})?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4})")
_ANY_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|2[01]\d\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class Known:
    """A date with its precision: the first day of a `day`, a `month` or a `year`."""

    first: date
    precision: str


def read_date(written: str) -> tuple[Known | None, str]:
    """The date in a tag, and a note if a part of it could not be read ("" if all could).

    The year comes first, with `-`, `.` or `/`, or in eight digits; zeros mean an unknown month or day. With the year
    last, day and month are told apart only if one of them is over 12.
    """
    text = written.strip()
    if found := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        year, month, day = (int(part or 0) for part in found.groups())
        known = _known(year, month, day)
        return (known, "") if known is not None else _year_of(text)
    if found := _YEAR_LAST.fullmatch(text):
        first, second, year = map(int, found.groups())
        both = {one for one in (_known(year, second, first), _known(year, first, second)) if one is not None}
        if len(both) == 1:
            return both.pop(), ""
        if both:
            return _known(year, 0, 0), f"“{text[:40]}” may be two days: only its year is taken"
    return _year_of(text)


def _known(year: int, month: int, day: int) -> Known | None:
    try:
        first = date(year, month or 1, day or 1)
    except ValueError:
        return None
    if not EARLIEST <= first <= LATEST or (day and not month):
        return None
    return Known(first, "day" if day else "month" if month else "year")


def _year_of(text: str) -> tuple[Known | None, str]:
    found = _ANY_YEAR.findall(text)
    known = _known(int(found[0]), 0, 0) if len(set(found)) == 1 else None
    if known is None:
        return None, f"“{text[:40]}” is no date that is understood: it is left out"
    return known, f"of “{text[:40]}” only the year is understood"
