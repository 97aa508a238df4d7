"""The sales of the demo's month, drawn by its seed: first those with a refund, dispute or failure, then
ordinary ones."""

from __future__ import annotations

import random
from dataclasses import dataclass

from veza.lab.demo.roster import LISTENERS, Roster

ORDINARY = 5
MOST_THINGS = 3


@dataclass(frozen=True, slots=True)
class Thing:
    """A release, or one song of it, from 0; `paid_minor` where the buyer names the price."""

    act: int
    record: int
    song: int | None = None
    paid_minor: int | None = None

    @property
    def release(self) -> tuple[int, int]:
        return self.act, self.record


@dataclass(frozen=True, slots=True)
class Sale:
    """One order. `buyer` counts the listeners from 0; None has no account and leaves an address."""

    buyer: int | None
    things: tuple[Thing, ...]


THREE_ARTISTS, RETURNED, PAID_OUT, REFUSED, DISPUTED, DECLINED, ASKED = 1, 0, 2, 3, 4, 5, 6
"""The index of each sale with a refund, dispute or failure."""
LEFT_UNPAID = Sale(3, (Thing(1, 0),))
GAVE_UP = Sale(4, (Thing(7, 0),))
CHANGED_THEIR_MIND = (Sale(5, (Thing(7, 0),)), Sale(5, (Thing(1, 2),)))
NEWEST = Sale(0, (Thing(1, 0),))
"""A sale that the operator can refund at once: its seller has the money."""
FREE = Sale(2, (Thing(7, 1), Thing(2, 1)))
NEVER_PAID = (LEFT_UNPAID, GAVE_UP, *CHANGED_THEIR_MIND)
"""Orders that are never paid; each has a pay page at the provider."""
PRESENT = (3, (3, 1))
"""(listener, release) given by a download code."""


def month_of(seed: int, roster: Roster) -> tuple[Sale, ...]:
    """The paid sales in their order, `NEWEST` last; always the same for a seed."""
    dice = random.Random(f"month {seed}")  # noqa: S311  (a demo that repeats, not a secret)
    told = (
        Sale(0, (Thing(0, 0),)),
        Sale(1, (Thing(1, 0), Thing(2, 0), Thing(7, 0))),
        Sale(2, (Thing(7, 0),)),
        Sale(3, (Thing(5, 0),)),  # not of the fifth act: what a seller in debt sells is kept
        Sale(4, (Thing(2, 0),)),
        Sale(5, (Thing(3, 0), _generous(dice, roster, 3, 1))),
        Sale(0, (_generous(dice, roster, 0, 1), Thing(5, 0))),
        Sale(1, (_generous(dice, roster, 6, 0),)),
        Sale(2, (Thing(0, 2), Thing(1, 0, song=1))),
        Sale(None, (Thing(4, 0, song=0), Thing(4, 2))),
    )
    return (*told, *_ordinary(dice, roster, told), NEWEST)


def _generous(dice: random.Random, roster: Roster, act: int, record: int) -> Thing:
    least = roster.record((act, record)).price_minor
    return Thing(act, record, paid_minor=least + dice.choice((0, 100, 200, 500)))


def _ordinary(dice: random.Random, roster: Roster, told: tuple[Sale, ...]) -> list[Sale]:
    """Sales in one currency each, of releases that their buyer buys in no other sale."""
    spoken_for: set[tuple[int | None, tuple[int, int]]] = {PRESENT}
    for sale in (*told, LEFT_UNPAID, GAVE_UP, *CHANGED_THEIR_MIND, NEWEST, FREE):
        spoken_for |= {(sale.buyer, thing.release) for thing in sale.things}
    buyers = [*dice.sample(range(LISTENERS), LISTENERS)][:ORDINARY]
    sales = []
    for buyer in buyers:
        currency = dice.choice(("EUR", "EUR", "USD"))
        shelf = [
            (number, place)
            for number, act in enumerate(roster.acts)
            for place, record in enumerate(act.records)
            if act.currency == currency and record.status == "published" and record.pricing == "fixed"
        ]
        free = [where for where in shelf if (buyer, where) not in spoken_for]
        wanted = dice.sample(free, dice.randint(1, min(MOST_THINGS, len(free))))
        sales.append(Sale(buyer, tuple(_thing(dice, roster, where) for where in wanted)))
    return sales


def _thing(dice: random.Random, roster: Roster, where: tuple[int, int]) -> Thing:
    sold = [number for number, song in enumerate(roster.record(where).songs) if song.is_sold]
    return Thing(*where, song=dice.choice(sold) if sold and dice.random() < 0.5 else None)
