"""An amount of money: whole minor units that never travel without their currency.

The currency lists are Stripe's (https://docs.stripe.com/currencies).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

ZERO_DECIMAL = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
THREE_DECIMAL = frozenset("BHD JOD KWD OMR TND".split())
# Stripe keeps two decimals on the wire for these although the currency has none: the last two digits are 0.
TWO_DECIMAL_WHOLE = frozenset({"ISK", "UGX"})


def decimals(currency: str) -> int:
    """How many digits after the point the minor unit of `currency` (ISO 4217, upper case) stands for."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


@dataclass(frozen=True, slots=True)
class Amount:
    """`minor` whole minor units of `currency` (ISO 4217, upper case). Prints as “5.00 EUR”."""

    minor: int
    currency: str

    @property
    def major(self) -> Decimal:
        """The number in whole units of the currency, with as many digits after the point as people write: 5.00."""
        if self.currency in TWO_DECIMAL_WHOLE and self.minor % 100 == 0:  # two digits on the wire, none for people
            return Decimal(self.minor // 100)
        return Decimal(self.minor).scaleb(-decimals(self.currency))

    def __str__(self) -> str:
        return f"{self.major} {self.currency}"
