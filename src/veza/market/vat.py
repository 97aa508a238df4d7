"""The VAT inside prices that include it."""

from __future__ import annotations


def vat_of(gross_minor: int, rate_bps: int) -> int:
    """The VAT inside a price that includes it, in minor units, rounded half up."""
    return (gross_minor * rate_bps * 2 + 10_000 + rate_bps) // (2 * (10_000 + rate_bps))
