"""How the fields of a message are written in a language: numbers, days and money by its conventions (CLDR, by babel).

English messages keep Python's own forms (`5.00 EUR`, `2026-01-05`): the command line prints them, and logs hold
them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from string import Formatter
from typing import TYPE_CHECKING, Any

from veza.kit.amount import Amount

if TYPE_CHECKING:
    from babel import Locale


@cache
def locale_of(language: str) -> Locale:
    """The conventions of a language; babel is imported with the first reader who needs them."""
    from babel import Locale

    return Locale.parse(language)


class Writer(Formatter):
    """Fills in a template's fields as its language writes them."""

    def __init__(self, language: str) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if not format_spec:
            return written(value, self._language)
        text = format(value, format_spec)
        return _with_marks_of(text, self._language) if _is_number(value) else text


@cache
def writer(language: str) -> Writer:
    return Writer(language)


def written(value: Any, language: str) -> str:
    """A value without a format of its own; a whole number stays as it is, since it may be a year or a port."""
    if isinstance(value, Amount):
        return _money(value, language)
    if isinstance(value, date):
        return _day(value, language)
    return _with_marks_of(str(value), language) if _is_number(value) else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _with_marks_of(number: str, language: str) -> str:
    """“1,048,576.5” with the marks of a language, such as “1 048 576,5”."""
    from babel.numbers import get_decimal_symbol, get_group_symbol

    locale = locale_of(language)
    return number.translate({ord(","): get_group_symbol(locale), ord("."): get_decimal_symbol(locale)})


def _money(value: Amount, language: str) -> str:
    from babel.numbers import format_currency

    number = Decimal(str(value).removesuffix(f" {value.currency}"))
    return str(format_currency(number, value.currency, locale=locale_of(language)))


def _day(value: date, language: str) -> str:
    from babel.dates import format_date, format_datetime

    if isinstance(value, datetime):
        at = value.astimezone(UTC)
        return f"{format_datetime(at, format='d MMM yyyy HH:mm', locale=locale_of(language))} UTC"
    return str(format_date(value, format="long", locale=locale_of(language)))
