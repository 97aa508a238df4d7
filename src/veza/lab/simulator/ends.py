"""How payments ended: no payment waits for a bank that has answered, and each one says what its charge says."""

from __future__ import annotations

from sqlalchemy import select

from veza.lab.simulator.bank import debits_under_way
from veza.lab.simulator.run import Run
from veza.money.discoveries import our_id
from veza.money.payments import UNPAID, Payment


async def of_payments(run: Run) -> list[str]:
    """What is wrong with how payments ended, once nothing is under way any more."""
    found = [f"the debit of {session['id']} never ended at the provider" for session in debits_under_way(run)]
    async with run.processes[0].database.read() as session:
        payments = (await session.scalars(select(Payment))).all()
    charges = run.sandbox.world.charges.rows.values()
    charged = {our_id(one, "veza_payment") for one in charges if one["status"] == "succeeded"}
    refused = {our_id(one, "veza_payment") for one in charges if one["status"] == "failed"} - charged
    for payment in payments:
        if payment.id in charged and payment.status != "succeeded":
            found.append(f"payment {payment.id} is {payment.status} here, and its buyer was charged")
        elif payment.id in refused and payment.status in UNPAID:
            found.append(f"payment {payment.id} is {payment.status} here, and the buyer's bank refused it")
    return found
