"""The module's tables as documentation: state diagrams and the meaning of every answer, printed from the code."""

from __future__ import annotations

from typing import Any

from veza.kit.moves import Machine
from veza.money import disputes, payments, refunds, reversals, transfers
from veza.money.ledger import Account
from veza.money.stripe import outcomes, payment_states

_MACHINES: tuple[tuple[str, Machine[Any]], ...] = (
    ("Seller transfer", transfers.machine),
    ("Transfer reversal", reversals.machine),
    ("Refund", refunds.machine),
    ("Dispute", disputes.machine),
    ("Payment", payments.machine),
)
_OUTCOMES = (
    ("`POST /v1/transfers/{id}/reversals`", outcomes.REVERSALS),
    ("`POST /v1/transfers`", outcomes.TRANSFERS),
    ("`POST /v1/refunds`", outcomes.REFUNDS),
)


def states_page() -> str:
    """Every state machine of the module: a diagram, and each move with when it happens and who makes it."""
    parts = [
        "# States and moves",
        "",
        "Written by `veza pages` from the tables in the code (`src/veza/money/*.py`, `MOVES`). A move that is not",
        "listed does not exist; `Machine.move` is the only writer of a status.",
    ]
    for title, machine in _MACHINES:
        parts += ["", f"## {title}", "", "```mermaid", "stateDiagram-v2"]
        parts += [f"    {move.source} --> {move.target}" for move in machine.moves]
        parts += ["```", "", "| from | to | when | who |", "|---|---|---|---|"]
        parts += [f"| {move.source} | {move.target} | {move.when} | {move.who} |" for move in machine.moves]
    return "\n".join(parts) + "\n"


def payments_page() -> str:
    """What becomes of payment and order in each state and at each event of Stripe's reference."""
    parts = [
        "# From the pay page to the charge",
        "",
        "Written by `veza pages` from `src/veza/money/stripe/payment_states.py`. The pay page is a Checkout Session,",
        "each attempt to pay on it belongs to its PaymentIntent. A payment only goes forward (`pending`, `processing`,",
        "`failed`, `succeeded`), so that events may come late, twice and in any order.",
        "",
        "## What is seen at the provider",
        "",
        "Read top down: the first row that fits decides.",
        "",
        "| session, intent and charge | means | payment | order | then |",
        "|---|---|---|---|---|",
    ]
    for row in payment_states.STATES:
        becomes = payment_states.BECOMES[row.means]
        payment, order = (f"`{status}`" if status else "as it is" for status in (becomes.payment, becomes.order))
        parts.append(f"| {row.seen} | `{row.means}` | {payment} | {order} | {becomes.then} |")
    parts += ["", "## What events say", "", "| event | says | then |", "|---|---|---|"]
    for event in payment_states.EVENTS:
        heard = "" if event.is_heard else " (not listened to)"
        parts.append(f"| `{event.type}`{heard} | {event.says} | {event.then} |")
    return "\n".join(parts) + "\n"


def answers_page() -> str:
    """What each answer of the provider means, per request, and what the ledger's accounts are called."""
    parts = [
        "# What the provider's answers mean",
        "",
        "Written by `veza pages` from `src/veza/money/stripe/outcomes.py`. Read top down: the first row that fits",
        "decides. *A refusal earns a new key; silence keeps the old.*",
    ]
    for title, table in _OUTCOMES:
        parts += ["", f"## {title}", "", "| answer | meaning | then |", "|---|---|---|"]
        parts += [f"| {row.answer} | `{row.means}` | {row.then} |" for row in table]
    parts += ["", "## Accounts of the ledger", "", ", ".join(f"`{account}`" for account in Account) + "."]
    return "\n".join(parts) + "\n"
