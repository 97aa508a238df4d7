"""The moves of orders and of refund requests: unique, explained, and every status reached."""

from __future__ import annotations

from typing import Any

import pytest

from veza.kit.moves import Machine
from veza.market import orders, refund_requests

BORN = {"order": {"open", "paid"}, "refund request": {"asked"}}
MACHINES: tuple[Machine[Any], ...] = (orders.machine, refund_requests.machine)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_moves_are_unique_known_and_explained(machine: Machine[Any]) -> None:
    pairs = [(move.source, move.target) for move in machine.moves]
    assert len(set(pairs)) == len(pairs)
    assert {status for pair in pairs for status in pair} == set(machine.statuses)
    assert all(len(move.when) > 5 and move.who for move in machine.moves)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_status_is_reached_and_none_is_a_trap(machine: Machine[Any]) -> None:
    assert set(machine.statuses) <= {move.target for move in machine.moves} | BORN[machine.name]
    assert set(machine.statuses) - {move.source for move in machine.moves} == set()


def test_what_is_paid_never_becomes_unpaid() -> None:
    for source in orders.PAID:
        assert not any(orders.machine.allows(source, target) for target in ("open", "expired", "canceled"))
