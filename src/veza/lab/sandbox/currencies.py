"""Which amounts a currency allows, and how an amount reads in a message.

Source: https://docs.stripe.com/currencies (zero-decimal, three-decimal, special cases, minimum charges).
"""

from __future__ import annotations

ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())
# No minor unit in use, yet written with two decimals that must be zero.
WHOLE_HUNDREDS = frozenset({"isk", "ugx"})
OTHERS = frozenset(
    "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop "
    "crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr isk jmd "
    "kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr "
    "nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd "
    "twd tzs uah usd uyu uzs wst xcd yer zar zmw".split()
)
SUPPORTED = ZERO_DECIMAL | THREE_DECIMAL | OTHERS
MINIMUM_CHARGE = {
    "usd": 50, "eur": 50, "chf": 50, "cad": 50, "aud": 50, "nzd": 50, "sgd": 50, "gbp": 30, "jpy": 50,
    "sek": 300, "nok": 300, "dkk": 250, "czk": 1500, "pln": 200, "huf": 17500,
}  # fmt: skip
MAXIMUM_CHARGE = 99_999_999
SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}


def decimals(currency: str) -> int:
    """How many decimals amounts in this currency are written with at Stripe."""
    if currency in WHOLE_HUNDREDS:
        return 2
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def amount_step(currency: str) -> int:
    """Amounts in this currency must be multiples of this many minor units."""
    if currency in WHOLE_HUNDREDS:
        return 100
    return 10 if currency in THREE_DECIMAL else 1


def pretty(amount: int, currency: str) -> str:
    """The amount as Stripe writes it in messages: `€5.00`, `¥500`, `5.00 chf`.

    A currency without decimals shows none, though two are written on the wire: 150000 is `1,500 isk`.
    """
    places = decimals(currency)
    shown = 0 if currency in WHOLE_HUNDREDS and amount % 100 == 0 else places
    number = f"{amount / 10**places:,.{shown}f}"
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{number}" if symbol else f"{number} {currency}"
