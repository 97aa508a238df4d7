"""How the fields of a message are written in a language: numbers, days and money by its conventions (CLDR, by babel).

English messages keep Python's own forms (`5.00 EUR`, `2026-01-05`): the command line prints them, and logs hold
them. A time names the zone it is told in: “2026-01-05 10:00 (Europe/Paris)”.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import cache
from string import Formatter
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from veza.kit.amount import Amount

if TYPE_CHECKING:
    from babel import Locale


_ENGLISH = "en"


@cache
def locale_of(language: str) -> Locale:
    """The conventions of a language; babel is imported with the first reader who needs them."""
    from babel import Locale

    return Locale.parse(language)


@cache
def zone_of(name: str | None) -> tzinfo:
    """A zone by its name (IANA); UTC for none, and for one that this machine does not know (any more)."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


class Writer(Formatter):
    """Fills in a template's fields as its language writes them; times are told in a zone."""

    def __init__(self, language: str, zone: str | None) -> None:
        self._language, self._zone = language, zone

    def format_field(self, value: Any, format_spec: str) -> str:
        if not format_spec:
            return written(value, self._language, self._zone)
        if format_spec == DAY and isinstance(value, date):
            at = value.astimezone(zone_of(self._zone)).date() if isinstance(value, datetime) else value
            return written(at, self._language)
        text = format(value, format_spec)
        return _with_marks_of(text, self._language) if _is_number(value) else text


DAY = "day"
"""The format of a time of which only the day is told: `{at:day}`."""


@cache
def writer(language: str, zone: str | None = None) -> Writer:
    return Writer(language, zone)


def written(value: Any, language: str, zone: str | None = None) -> str:
    """A value without a format of its own; a whole number stays as it is, since it may be a year or a port."""
    if isinstance(value, datetime):
        return _moment(value, language, zone)
    if language == _ENGLISH:
        return str(value)
    if isinstance(value, Amount):
        return _money(value, language)
    if isinstance(value, date):
        return _day(value, language)
    return _with_marks_of(str(value), language) if _is_number(value) else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _with_marks_of(number: str, language: str) -> str:
    """“1,048,576.5” with the marks of a language, such as “1 048 576,5”."""
    if language == _ENGLISH:
        return number
    from babel.numbers import get_decimal_symbol, get_group_symbol

    locale = locale_of(language)
    return number.translate({ord(","): get_group_symbol(locale), ord("."): get_decimal_symbol(locale)})


def _money(value: Amount, language: str) -> str:
    from babel.numbers import format_currency

    return str(format_currency(value.major, value.currency, locale=locale_of(language)))


def _day(value: date, language: str) -> str:
    from babel.dates import format_date

    return str(format_date(value, format="long", locale=locale_of(language)))


def _moment(value: datetime, language: str, zone: str | None) -> str:
    at = value.astimezone(zone_of(zone))
    name = "UTC" if at.tzinfo is UTC else f"({at.tzinfo})"
    if language == _ENGLISH:
        return f"{at:%Y-%m-%d %H:%M} {name}"
    from babel.dates import format_datetime

    return f"{format_datetime(at, format='d MMM yyyy HH:mm', locale=locale_of(language))} {name}"
