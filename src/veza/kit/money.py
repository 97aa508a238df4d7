"""Which amounts may be charged, and how amounts are split exactly.

The currency lists are Stripe's (https://docs.stripe.com/currencies).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from veza.kit.amount import THREE_DECIMAL, TWO_DECIMAL_WHOLE, ZERO_DECIMAL, decimals
from veza.kit.amount import Amount as Amount
from veza.kit.field_faults import FieldFault
from veza.kit.messages import gettext

_OTHERS = frozenset(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY"
    " COP CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR"
    " JMD KES KGS KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN"
    " NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL"
    " THB TJS TOP TRY TTD TWD TZS UAH USD UYU UZS WST XCD XCG YER ZAR ZMW".split()
)
CURRENCIES = ZERO_DECIMAL | THREE_DECIMAL | TWO_DECIMAL_WHOLE | _OTHERS

LARGEST_MINOR = 99_999_999_999
"""The most one amount may be: well under 2^53, so that no JSON reader rounds it."""


MOST_CHARGE_MINOR = 99_999_999
"""The most that may be charged: the provider takes eight digits (https://docs.stripe.com/api/charges/create)."""
MOST_CHARGE = {"IDR": LARGEST_MINOR}
"""Currencies in which the provider takes more: twelve digits in rupiahs, of which our own bound allows fewer."""

LEAST_CHARGE = {
    "AED": 200, "AUD": 50, "BGN": 100, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50, "GBP": 30,
    "HKD": 400, "HUF": 17_500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200,
    "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50,
}  # fmt: skip
"""The least that may be charged, where Stripe names one (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts)."""


class BadAmount(FieldFault):
    """An amount or currency that cannot be charged or returned; says why in one sentence."""


def step(currency: str) -> int:
    """Amounts the provider takes in `currency` are multiples of this many minor units."""
    if currency in TWO_DECIMAL_WHOLE:
        return 100
    return 10 if currency in THREE_DECIMAL else 1


def most_charge(currency: str) -> Amount:
    """The largest amount the provider charges in `currency`, and so the largest price and cart."""
    most = MOST_CHARGE.get(currency, MOST_CHARGE_MINOR)
    return Amount(most - most % step(currency), currency)


def known_currency(code: str) -> str:
    """Return `code` in upper case, or raise BadAmount when it is no currency Stripe knows."""
    upper = code.strip().upper()
    if upper not in CURRENCIES:
        raise BadAmount(gettext("“{code}” is not a currency code we know; use ISO 4217, such as EUR", code=code[:12]))
    return upper


def typed(text: str, currency: str) -> Amount:
    """The amount of a text typed in units of `currency`, such as “12.50” or “12,5”; BadAmount if it is none.

    `positive` says whether it may be charged.
    """
    known = known_currency(currency)
    try:
        units = Decimal(text.strip().replace(",", "."))
        minor = units.scaleb(decimals(known)) if units.is_finite() else None
    except InvalidOperation:
        minor = None
    if minor is None or abs(minor) > LARGEST_MINOR:
        raise BadAmount(
            gettext(
                "“{text}” is not an amount; write it like {value}, without thousands marks",
                text=text[:40],
                value=Amount(1250, known),
            )
        )
    if minor != int(minor) or (known in TWO_DECIMAL_WHOLE and minor % 100):
        raise BadAmount(gettext("“{text}” has more decimals than {known} has", text=text[:40], known=known))
    return Amount(int(minor), known)


def positive(minor: int, currency: str) -> Amount:
    """Return the amount, or raise BadAmount when it is not positive, too large, or not chargeable in `currency`."""
    money = Amount(minor, known_currency(currency))
    if minor <= 0:
        raise BadAmount(gettext("an amount must be above zero, this one is {money}", money=money))
    most = most_charge(money.currency)
    if minor > most.minor:
        raise BadAmount(gettext("an amount may be at most {most}, this one is {money}", most=most, money=money))
    if money.currency in THREE_DECIMAL and minor % 10:
        raise BadAmount(
            gettext(
                "{money} is not chargeable: the last digit of {currency} must be 0",
                money=money,
                currency=money.currency,
            )
        )
    if money.currency in TWO_DECIMAL_WHOLE and minor % 100:
        raise BadAmount(
            gettext(
                "{money} is not chargeable: {currency} has no decimals, the last two digits must be 0",
                money=money,
                currency=money.currency,
            )
        )
    return money


def chargeable(minor: int, currency: str) -> Amount:
    """`positive`, and not below what the provider charges; raises BadAmount."""
    money = positive(minor, currency)
    least = LEAST_CHARGE.get(money.currency, 1)
    if minor < least:
        raise BadAmount(
            gettext(
                "{money} is too little to be charged: the provider takes {least} or more",
                money=money,
                least=Amount(least, money.currency),
            )
        )
    return money


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights` by largest remainder: whole units, sum exact, ties to the earlier.

    `total` and all weights are ≥ 0. No part exceeds its weight when `total` ≤ the sum of the weights.
    With all weights zero there is nothing to split among: `total` must be zero then (ValueError).
    """
    if total < 0 or any(weight < 0 for weight in weights):
        raise ValueError("spread takes no negative numbers")
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError(f"cannot spread {total} over nothing")
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
