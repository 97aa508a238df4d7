"""How money, times and numbers are written for readers: by the conventions of their language (CLDR, by babel)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from veza.kit.messages import ENGLISH, render
from veza.kit.money import Amount
from veza.kit.written import locale_of, zone_of


def price(minor: int, currency: str, language: str) -> str:
    """“€7”, “€6.50”, “7 €”: whole amounts without zeros after the point."""
    from babel.numbers import format_currency

    locale = locale_of(language)
    value = Amount(minor, currency).major
    if value == value.to_integral_value():
        pattern = locale.currency_formats["standard"].pattern.replace(".00", "")
        return str(format_currency(value, currency, pattern, locale=locale, currency_digits=False))
    return str(format_currency(value, currency, locale=locale))


def amount(minor: int, currency: str, language: str) -> str:
    """“€7.00”: as in an account, with every digit."""
    from babel.numbers import format_currency

    return str(format_currency(Amount(minor, currency).major, currency, locale=locale_of(language)))


def money(minor: int, currency: str, language: str) -> str:
    """“7.00 EUR”, “7,00 €”: as messages write it."""
    return render(Amount(minor, currency), language)


def units(minor: int, currency: str, language: str) -> str:
    """“7.00”, “7,00”: where the currency stands beside it."""
    from babel.numbers import format_decimal

    value = Amount(minor, currency).major
    digits = -int(value.as_tuple().exponent)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(value, pattern, locale=locale_of(language)))


def symbol(currency: str, language: str) -> str:
    """“€”."""
    from babel.numbers import get_currency_symbol

    return str(get_currency_symbol(currency, locale=locale_of(language)))


def currency_name(currency: str, language: str) -> str:
    """“euros”, “US dollars”, as after “in”."""
    from babel.numbers import get_currency_name

    return str(get_currency_name(currency, count=2, locale=locale_of(language)))


def day(at: date | datetime, language: str) -> str:
    """“26 December 2021”, “26 décembre 2021”."""
    from babel.dates import format_date

    return str(format_date(at, format="long" if language != "en" else "d MMMM yyyy", locale=locale_of(language)))


def moment(at: datetime, language: str) -> str:
    """“5 Jan 2026, 09:00”: a day and the time of day."""
    from babel.dates import format_datetime

    return str(format_datetime(at, format="d MMM yyyy, HH:mm", locale=locale_of(language)))


def instant(at: datetime, _: str) -> str:
    """“2026-01-05 10:00:00 Europe/Paris”: to the second, as logs have it."""
    return f"{at:%Y-%m-%d %H:%M:%S} {at.tzinfo}"


def clock(at: datetime, _: str) -> str:
    """“10:00:00”."""
    return f"{at:%H:%M:%S}"


def pattern(at: datetime, form: str, language: str) -> str:
    """A time in a form of CLDR: “HH:mm”, “d MMM”."""
    from babel.dates import format_datetime

    return str(format_datetime(at, form, locale=locale_of(language)))


def zone(at: datetime, _: str) -> str:
    """“Europe/Paris”: where it is this time."""
    return str(at.tzinfo)


def language_name(code: str, language: str) -> str:
    """“French”, “français”: a language (BCP 47), or its code where it has no name."""
    names, base = locale_of(language).languages, code.partition("-")[0].lower()
    return str(names.get(base) or code)


def number(value: int, language: str) -> str:
    """“12,400”, “12 400”."""
    from babel.numbers import format_decimal

    return str(format_decimal(value, locale=locale_of(language)))


def file_size(size_bytes: int, language: str) -> str:
    """“201 MB”, “850 kB”, “1,4 Go”: as stores write it, a thousand bytes a kilobyte."""
    from babel.units import format_unit

    value, unit = Decimal(size_bytes) / 1000, "digital-kilobyte"
    for larger in ("digital-megabyte", "digital-gigabyte"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    pattern = "#,##0.#" if value < 10 else "#,##0"
    shown = max(value, Decimal(1))
    return str(format_unit(shown, unit, length="short", format=pattern, locale=locale_of(language)))


def language_in(context: Any) -> str:
    """The language of a page's reader; English on pages that know no reader."""
    return getattr(context.get("visit"), "language", None) or ENGLISH


def zone_in(context: Any) -> str | None:
    """The time zone of a page's reader (IANA); None for UTC."""
    found: str | None = getattr(context.get("visit"), "zone", None)
    return found


def _in_context(write: Callable[..., str]) -> Callable[..., str]:
    """The same as a filter of templates, which finds the reader's language in the context."""

    def filtered(context: Any, *given: Any) -> str:
        return write(*given, language_in(context))

    return filtered


def _in_zone(write: Callable[..., str]) -> Callable[..., str]:
    """The same for a day or a time, which is shown in the reader's zone."""

    def filtered(context: Any, at: date | datetime, *given: Any) -> str:
        told = at.astimezone(zone_of(zone_in(context))) if isinstance(at, datetime) else at
        return write(told, *given, language_in(context))

    return filtered


def _by_day(context: Any, things: Iterable[Any]) -> Sequence[tuple[str, Sequence[Any]]]:
    """Things that have a time (`at`), in its order, apart by the days of the reader's zone."""
    told = _in_zone(day)
    return [(when, list(of_day)) for when, of_day in groupby(things, key=lambda one: told(context, one.at))]


FILTERS: Mapping[str, Callable[..., Any]] = {
    "by_day": _by_day,
    "money": _in_context(money),
    **{
        f"local_{one.__name__}": _in_context(one)
        for one in (price, amount, units, symbol, currency_name, language_name, number, file_size)
    },
    **{f"local_{one.__name__}": _in_zone(one) for one in (day, moment, instant, clock, zone, pattern)},
}
"""`{{ 700|local_price("EUR") }}` and the like."""
