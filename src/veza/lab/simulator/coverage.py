"""What simulated runs reached: every move of the tables of moves, every row of the outcome tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from itertools import product
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from veza.kit.moves import StatusChange
from veza.lab.simulator.ground import rows_of
from veza.money import disputes, payments, refunds, reversals, transfers
from veza.money.attempts import ProviderAttempt
from veza.money.stripe import outcomes
from veza.money.stripe.answers import Answer

MACHINES: tuple[Any, ...] = (
    transfers.machine,
    reversals.machine,
    refunds.machine,
    disputes.machine,
    payments.machine,
)
OTHER_MACHINES = tuple(machine.name for machine in MACHINES if machine is not transfers.machine)
TABLES: tuple[tuple[str, str, tuple[outcomes.Row, ...]], ...] = (
    ("transfers", r"^/v1/transfers$", outcomes.TRANSFERS),
    ("reversals", r"^/v1/transfers/[^/]+/reversals$", outcomes.REVERSALS),
    ("refunds", r"^/v1/refunds$", outcomes.REFUNDS),
)


class Coverage:
    """Counts over all runs."""

    def __init__(self) -> None:
        self.moves: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.crashes: Counter[str] = Counter()
        self.states: set[int] = set()
        """Every state a payment and its rows were seen in after a step, as digests."""
        self.pairs: set[tuple[str, str]] = set()
        """Every (fault, move) where the move was made in a step in which the fault struck."""

    def add(self, other: Coverage) -> None:
        """Add what other runs reached."""
        self.moves.update(other.moves)
        self.outcomes.update(other.outcomes)
        self.faults.update(other.faults)
        self.crashes.update(other.crashes)
        self.states |= other.states
        self.pairs |= other.pairs

    def stepped(self, faults: Iterable[str], moves: Iterable[str]) -> None:
        """A step was taken: these faults struck in it, and these moves were made."""
        self.pairs.update(product(faults, moves))

    def stood(self, state: object) -> None:
        """A payment was in this state after a step; `state` is the same text whenever it is the same state."""
        self.states.add(int.from_bytes(blake2b(repr(state).encode(), digest_size=8).digest()))

    def answered(self, method: str, path: str, answer: Answer) -> None:
        """The provider answered a request."""
        if method != "post":
            return
        for name, pattern, table in TABLES:
            if re.search(pattern, path):
                row = next(row for row in table if row.matches(answer))
                self.outcomes[f"{name}: {row.answer}"] += 1

    async def moved(self, engine: AsyncEngine) -> None:
        """Count the moves a finished run has made."""
        columns = (StatusChange.machine, StatusChange.source, StatusChange.target)
        made = select(*columns, func.count()).where(StatusChange.source.is_not(None)).group_by(*columns)
        for machine, source, target, times in await rows_of(engine, made):
            self.moves[name_of(machine, source, target)] += times
        # What was never asked is no answer of the provider's: it is read from what the workers wrote down.
        unasked = select(func.count()).where(
            ProviderAttempt.kind == "reversal", ProviderAttempt.meaning == outcomes.Meaning.NO_CALL_MADE.value
        )
        ((times,),) = await rows_of(engine, unasked)
        self.outcomes[f"reversals: {outcomes.REVERSALS[0].answer}"] += times

    def moves_of(self, machine: str) -> dict[str, int]:
        """How often each move of one machine was made, by `from->to`."""
        mark = f"{machine} "
        return {name.removeprefix(mark): times for name, times in sorted(self.moves.items()) if name.startswith(mark)}

    def unreached(self) -> list[str]:
        """Every move and every outcome row that no run has reached."""
        moves = [name_of(one.name, move.source, move.target) for one in MACHINES for move in one.moves]
        rows = [f"{name}: {row.answer}" for name, _, table in TABLES for row in table]
        return [one for one in moves if not self.moves[one]] + [one for one in rows if not self.outcomes[one]]


def name_of(machine: str, source: str, target: str) -> str:
    """A move, as reports name it."""
    return f"{machine} {source}->{target}"
