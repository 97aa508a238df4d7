"""How stored objects are shown: computed parts filled in, private parts (named with `_`) left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

EMBEDDED_REVERSALS = 10


def show(world: World, obj: Obj) -> Obj:
    """The object as the API answers it now."""
    view = VIEWS.get(obj["object"])
    return obj if view is None else view(world, obj)


def page_of(url: str, data: list[Obj], *, has_more: bool = False, **more: object) -> Obj:
    return {"object": "list", "data": data, "has_more": has_more, **more, "url": url}


def newest(world: World, ids: list[str], rows: dict[str, Obj], count: int) -> Iterable[Obj]:
    return (show(world, rows[id]) for id in ids[: -count - 1 : -1])


def _show_transfer(world: World, transfer: Obj) -> Obj:
    ids = world.reversals.ids("transfer", transfer["id"])
    data = list(newest(world, ids, world.reversals.rows, EMBEDDED_REVERSALS))
    return {
        **transfer,
        "reversals": {
            "object": "list",
            "data": data,
            "has_more": len(ids) > EMBEDDED_REVERSALS,
            "total_count": len(ids),
            "url": f"/v1/transfers/{transfer['id']}/reversals",
        },
    }


def _show_balance_transaction(world: World, txn: Obj) -> Obj:
    shown = {name: value for name, value in txn.items() if name[0] != "_"}
    shown["status"] = "available" if txn["available_on"] <= world.now else "pending"
    return shown


def _show_dispute(world: World, dispute: Obj) -> Obj:
    rows = world.balance_transactions.rows
    moves = [_show_balance_transaction(world, rows[id]) for id in dispute["balance_transactions"]]
    return {**dispute, "balance_transactions": moves}


def _show_public(_: World, obj: Obj) -> Obj:
    return {name: value for name, value in obj.items() if name[0] != "_"}


VIEWS: dict[str, Callable[[World, Obj], Obj]] = {
    "transfer": _show_transfer,
    "balance_transaction": _show_balance_transaction,
    "dispute": _show_dispute,
    "refund": _show_public,
    "payment_intent": _show_public,
    "checkout.session": _show_public,
    "charge": _show_public,
    "webhook_endpoint": _show_public,
    "account": _show_public,
    "payment_method": _show_public,
}
