"""Transfer reversals: taking a seller's share back, whole or in part."""

from __future__ import annotations

from veza.lab.sandbox import balances, currencies
from veza.lab.sandbox.changes import change
from veza.lab.sandbox.errors import ApiError, no_such
from veza.lab.sandbox.events import emit
from veza.lab.sandbox.params import Params
from veza.lab.sandbox.transfers import get_transfer
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World


def create_reversal(world: World, params: Params, transfer_id: str) -> Obj:
    transfer = get_transfer(world, transfer_id)
    amount = params.optional_amount("amount", transfer["currency"])
    return reverse_transfer(world, transfer, amount, params.metadata(), params.text("description"))


def reverse_transfer(
    world: World, transfer: Obj, amount: int | None, metadata: dict[str, str], description: str | None = None
) -> Obj:
    """Take back `amount` of a transfer, or what is left of it."""
    currency, destination = transfer["currency"], transfer["destination"]
    left = transfer["amount"] - transfer["amount_reversed"]
    if left == 0:
        raise ApiError(
            world.settings.already_reversed_status, f"The transfer {transfer['id']} is already fully reversed."
        )
    amount = left if amount is None else amount
    if amount > left:
        raise ApiError(
            400,
            f"Reversal amount ({currencies.pretty(amount, currency)}) is greater than unreversed amount on transfer "
            f"({currencies.pretty(left, currency)})",
            param="amount",
        )
    _check_funds(world, destination, amount, currency)
    id = world.new_id("trr")
    payment_refund = world.new_id("pyr")
    moves_money = world.settings.reversal_status not in ("failed", "canceled")
    back = None
    if moves_money:
        platform = world.settings.platform_account
        back = balances.post(world, platform, "transfer_refund", amount, currency, id, description=description)
        balances.post(world, destination, "payment_refund", -amount, currency, payment_refund)
    reversal = {
        "id": id,
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": back["id"] if back else None,
        "created": world.seconds,
        "currency": currency,
        "destination_payment_refund": payment_refund,
        "metadata": metadata,
        "source_refund": None,
        "transfer": transfer["id"],
    }
    if world.settings.reversal_status is not None:
        reversal["status"] = world.settings.reversal_status
    world.reversals.add(reversal)
    if not moves_money:
        return reversal
    reversed_before = transfer["amount_reversed"]
    previous = change(
        transfer,
        amount_reversed=reversed_before + amount,
        reversed=reversed_before + amount == transfer["amount"],
    )
    world.transfers.touch(transfer["id"])
    world.effects["reversals"] += 1
    emit(world, "transfer.reversed", transfer, previous=previous)
    return reversal


def get_reversal(world: World, transfer_id: str, id: str) -> Obj:
    get_transfer(world, transfer_id)
    reversal = world.reversals.get(id)
    if reversal is None or reversal["transfer"] != transfer_id:
        raise no_such("transfer reversal", id)
    return reversal


def update_reversal(world: World, params: Params, transfer_id: str, id: str) -> Obj:
    reversal = get_reversal(world, transfer_id, id)
    reversal["metadata"] = params.metadata(reversal["metadata"])
    world.reversals.touch(id)
    emit(world, "transfer.updated", get_transfer(world, transfer_id), previous={})
    return reversal


def _check_funds(world: World, account: str, amount: int, currency: str) -> None:
    settings = world.settings
    if not settings.reversals_need_balance:
        return
    row = balances.held(world, account, currency)
    usable = row["available"] + (row["pending"] if settings.pending_covers_reversals else 0)
    if usable < amount:
        raise ApiError(
            400,
            f"The connected account {account} has insufficient available funds: "
            f"{currencies.pretty(usable, currency)} of {currencies.pretty(amount, currency)} needed.",
            code="balance_insufficient",
        )
