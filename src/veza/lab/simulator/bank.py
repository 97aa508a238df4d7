"""What happens at the provider by itself or by hand: dashboard, banks, disputes, payouts."""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import Any

from sqlalchemy import select

from veza.lab.sandbox import balances
from veza.lab.sandbox.currencies import amount_step
from veza.lab.sandbox.disputes import INQUIRY, OPEN
from veza.lab.sandbox.errors import ApiError
from veza.lab.sandbox.events import emit
from veza.lab.simulator.ground import rows_of
from veza.lab.simulator.run import Run
from veza.money.transfers import SellerTransfer

OURS = "veza_payment"
UNDER_WAY = ("pending", "requires_action")


async def refund_by_hand(run: Run, dice: Random) -> str | None:
    """An operator refunds a charge in the provider's dashboard."""
    charge = _some(dice, (one for one in _charges(run) if one["amount_refunded"] < one["amount"]))
    if charge is None:
        return None
    amount = _part(dice, charge["amount"] - charge["amount_refunded"], charge["currency"])
    with suppress(ApiError):
        run.sandbox.refund_in_dashboard(charge["id"], amount)
        return f"{amount} of {charge['id']} is refunded in the dashboard"
    return None


async def reverse_by_hand(run: Run, dice: Random) -> str | None:
    """An operator reverses a transfer of ours in the dashboard, more than is needed or less."""
    transfer = _some(dice, (one for one in _transfers(run) if one["amount_reversed"] < one["amount"]))
    if transfer is None:
        return None
    amount = _part(dice, transfer["amount"] - transfer["amount_reversed"], transfer["currency"])
    with suppress(ApiError):
        run.sandbox.reverse_in_dashboard(transfer["id"], amount)
        return f"{amount} of {transfer['id']} is reversed in the dashboard"
    return None


async def mend_by_hand(run: Run, dice: Random) -> str | None:
    """An operator sees in the dashboard that a reversal was given up, and takes back all that is left."""
    stuck = select(SellerTransfer.stripe_transfer_id).where(
        SellerTransfer.failed_step == "reversal", SellerTransfer.stripe_transfer_id.is_not(None)
    )
    found = _some(dice, await rows_of(run.engine, stuck.order_by(SellerTransfer.id)))
    if found is None:
        return None
    with suppress(ApiError):
        run.sandbox.reverse_in_dashboard(found[0])
        return f"what is left of {found[0]} is reversed in the dashboard"
    return None


async def send_by_hand(run: Run, dice: Random) -> str | None:
    """An operator sends a seller money in the dashboard, perhaps within a payment's group."""
    charge = _some(dice, _charges(run))
    account = _some(dice, run.sandbox.world.accounts.rows.values())
    if charge is None or account is None:
        return None
    group = {"transfer_group": charge["transfer_group"]} if dice.random() < 0.5 and charge["transfer_group"] else {}
    with suppress(ApiError):
        amount = _part(dice, charge["amount"], charge["currency"])
        sent = run.sandbox.transfer_in_dashboard(account["id"], amount, charge["currency"], **group)
        return f"{sent['id']} is sent in the dashboard"
    return None


async def refund_fails(run: Run, dice: Random) -> str | None:
    """The buyer's bank sends a refund back, perhaps days after it succeeded."""
    refund = _some(dice, (one for one in _refunds(run) if one["status"] not in ("failed", "canceled")))
    if refund is None:
        return None
    run.sandbox.fail_refund(refund["id"])
    return f"{refund['id']} fails at the buyer's bank"


async def refund_moves(run: Run, dice: Random) -> str | None:
    """A refund that is under way waits for the buyer, goes on, arrives or is canceled."""
    waiting = [one for one in _refunds(run) if one["status"] in UNDER_WAY]
    refund = _some(dice, waiting or (one for one in _refunds(run) if one["status"] == "succeeded"))
    if refund is None:
        return None
    under_way = refund["status"] in UNDER_WAY
    to = dice.choice(("requires_action", "pending", "succeeded", "canceled") if under_way else ("canceled",))
    if to == refund["status"]:
        return None
    turn_refund(run, refund, to)
    return f"{refund['id']} becomes {to}"


def turn_refund(run: Run, refund: dict[str, Any], to: str) -> None:
    """What the provider does with refunds that are not by card: the sandbox has no card for these."""
    world = run.sandbox.world
    run.sandbox.now()
    if to == "canceled":
        charge = world.charges.rows[refund["charge"]]
        back = world.balance_transactions.rows[refund["balance_transaction"]]
        owner = world.settings.platform_account
        balances.post(world, owner, "refund_failure", -back["amount"], back["currency"], refund["id"])
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
    refund["status"] = to
    emit(world, "refund.updated", refund)


async def reversal_moves(run: Run, dice: Random) -> str | None:
    """A reversal the provider only had pending goes through, or fails and gives the money back."""
    found = _some(dice, (one for one in run.sandbox.world.reversals.rows.values() if one.get("status") == "pending"))
    if found is None:
        return None
    to = dice.choice(("succeeded", "failed"))
    turn_reversal(run, found, to)
    return f"{found['id']} becomes {to}"


def turn_reversal(run: Run, reversal: dict[str, Any], to: str) -> None:
    """The sandbox leaves a pending reversal pending; this ends it."""
    world = run.sandbox.world
    transfer = world.transfers.rows[reversal["transfer"]]
    if to == "failed":
        balances.post(
            world, transfer["destination"], "payment", reversal["amount"], reversal["currency"], reversal["id"]
        )
        transfer["amount_reversed"] -= reversal["amount"]
        transfer["reversed"] = False
    reversal["status"] = to
    emit(world, "transfer.updated", transfer)


async def dispute(run: Run, dice: Random) -> str | None:
    """A buyer's bank disputes a charge, in whole or in part, before or after refunds."""
    charge = _some(dice, (one for one in _charges(run) if not one["disputed"]))
    if charge is None:
        return None
    amount = dice.choice((None, _part(dice, charge["amount"], charge["currency"])))
    inquiry = dice.random() < 0.3
    opened = run.sandbox.open_dispute(charge["id"], amount, inquiry=inquiry)
    return f"{charge['id']} is {'inquired about' if inquiry else 'disputed'}: {opened['amount']} ({opened['id']})"


async def dispute_escalates(run: Run, dice: Random) -> str | None:
    """An inquiry becomes a chargeback, perhaps after it seemed to be over."""
    found = _some(
        dice, (one for one in run.sandbox.world.disputes.rows.values() if one["status"] in (*INQUIRY, "warning_closed"))
    )
    if found is None:
        return None
    if found["status"] == "warning_closed":
        found["status"] = INQUIRY[0]
    run.sandbox.escalate_dispute(found["id"])
    return f"{found['id']} becomes a chargeback"


async def dispute_ends(run: Run, dice: Random) -> str | None:
    """A dispute is won or lost; an inquiry is closed."""
    found = _some(dice, (one for one in run.sandbox.world.disputes.rows.values() if one["status"] in (*OPEN, *INQUIRY)))
    if found is None:
        return None
    outcome = dice.choice(("won", "lost"))
    run.sandbox.close_dispute(found["id"], outcome)
    return f"{found['id']} is {outcome}"


async def dispute_returns(run: Run, dice: Random) -> str | None:
    """The bank takes the funds of a won dispute a second time (pre-arbitration)."""
    world = run.sandbox.world
    found = _some(dice, (one for one in world.disputes.rows.values() if one["status"] == "won"))
    if found is None:
        return None
    first = world.balance_transactions.rows[found["balance_transactions"][0]]
    again = balances.post(
        world, world.settings.platform_account, "adjustment", first["amount"], first["currency"], found["id"]
    )
    found["balance_transactions"].append(again["id"])
    found["status"] = "needs_response"
    emit(world, "charge.dispute.updated", found)
    emit(world, "charge.dispute.funds_withdrawn", found)
    return f"the bank takes the funds of {found['id']} again"


async def debit_ends(run: Run, dice: Random) -> str | None:
    """The bank of a buyer who pays by debit says whether it pays, earlier than it said it would."""
    session = _some(dice, debits_under_way(run))
    if session is None:
        return None
    pays = dice.random() < 0.5
    run.sandbox.end_debit(session["id"], pays=pays)
    return f"the debit of {session['id']} {'is paid' if pays else 'fails'}"


def debits_under_way(run: Run) -> list[Any]:
    """Checkout sessions whose buyer is done, and whose bank has not said yet whether it pays."""
    intents = run.sandbox.world.payment_intents
    sessions = run.sandbox.world.sessions.rows.values()
    asked = [(one, intents.get(one["payment_intent"] or "")) for one in sessions]
    return [one for one, intent in asked if intent is not None and intent["status"] == "processing"]


async def payout(run: Run, dice: Random) -> str | None:
    """A seller is paid out: nothing is left to take reversals from."""
    world = run.sandbox.world
    row = _some(dice, (one for one in world.balances.rows.values() if one["available"] > 0))
    if row is None:
        return None
    run.sandbox.set_balance(row["account"], 0, row["currency"])
    return f"{row['account']} is paid out"


async def money_arrives(run: Run, dice: Random) -> str | None:
    """Money becomes available to an account again."""
    row = _some(dice, run.sandbox.world.balances.rows.values())
    if row is None:
        return None
    run.sandbox.add_balance(row["account"], dice.choice((1_000, 1_000_000)), row["currency"])
    return f"money arrives at {row['account']}"


async def lose_capability(run: Run, dice: Random) -> str | None:
    """The provider's risk review stops an account's transfers."""
    ready = [
        one for one in run.sandbox.world.accounts.rows.values() if one["capabilities"].get("transfers") == "active"
    ]
    if not ready:
        return None
    account = dice.choice(ready)["id"]
    run.sandbox.set_capability(account, "inactive")
    return f"{account} may not receive transfers"


async def regain_capability(run: Run, dice: Random) -> str | None:
    """The review ends well."""
    stopped = [
        one
        for one in run.sandbox.world.accounts.rows.values()
        if one["details_submitted"] and one["capabilities"].get("transfers") != "active"
    ]
    if not stopped:
        return None
    account = dice.choice(stopped)["id"]
    run.sandbox.set_capability(account, "active")
    return f"{account} may receive transfers again"


def _charges(run: Run) -> list[Any]:
    every = run.sandbox.world.charges.rows.values()
    return [one for one in every if OURS in one["metadata"] and one["status"] == "succeeded"]


def _transfers(run: Run) -> list[Any]:
    return [one for one in run.sandbox.world.transfers.rows.values() if "veza_transfer" in one["metadata"]]


def _refunds(run: Run) -> list[Any]:
    return list(run.sandbox.world.refunds.rows.values())


def _some(dice: Random, among: Any) -> Any:
    listed = list(among)
    return dice.choice(listed) if listed else None


def _part(dice: Random, amount: int, currency: str) -> int:
    step = amount_step(currency)
    return amount if dice.random() < 0.3 else step * dice.randint(1, max(1, amount // step))
