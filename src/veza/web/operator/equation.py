"""Where every cent of a payment is, as one equation: the conservation law of its ledger in a reader's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from veza.kit.messages import Message, gettext
from veza.money.ledger import Account, law_holds


@dataclass(frozen=True, slots=True)
class Term:
    """One term, in minor units; a negative one is taken off. `rows` is the part of the page that has its rows."""

    amount_minor: int
    said: Message
    rows: str


@dataclass(frozen=True, slots=True)
class Equation:
    """`captured_minor` is the sum of the terms, if the law `holds`."""

    captured_minor: int
    terms: Sequence[Term]
    holds: bool


def equation_of(captured_minor: int, of: Mapping[Account, int]) -> Equation:
    """The balances of one payment as terms; those of nothing are left out, but for the three that every sale has."""
    always = [
        Term(-of[Account.SENT_TO_SELLERS], gettext("with sellers"), "flows"),
        Term(-of[Account.PLATFORM_REVENUE], gettext("the site's fee"), "lines"),
        Term(-of[Account.REFUNDED], gettext("refunded to the buyer"), "flows"),
    ]
    others = [
        Term(-of[Account.SHARES_UNSENT], gettext("on its way to sellers"), "flows"),
        Term(-of[Account.DISPUTED], gettext("taken by the buyer's bank"), "flows"),
        Term(-of[Account.TO_RECOVER], gettext("being taken back from sellers"), "flows"),
        Term(-of[Account.SELLER_DEBT], gettext("owed by sellers"), "flows"),
        Term(-of[Account.NETTED], gettext("kept for debts of other sales, or paid by them"), "flows"),
        Term(-of[Account.LOSS], gettext("lost by the site"), "timeline"),
    ]
    terms = [*always, *(term for term in others if term.amount_minor)]
    holds = law_holds(captured_minor, of) and sum(term.amount_minor for term in terms) == captured_minor
    return Equation(captured_minor, terms, holds)
