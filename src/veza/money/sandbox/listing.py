"""Lists: pages, cursors, time filters, and `expand`."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable

from veza.money.sandbox.errors import bad_param, no_such_reference
from veza.money.sandbox.params import Params
from veza.money.sandbox.tables import Table
from veza.money.sandbox.views import page_of, show
from veza.money.sandbox.wire import Obj
from veza.money.sandbox.world import World

DEFAULT_LIMIT, MAX_LIMIT = 10, 100
LIST_PARAMS = frozenset({"limit", "starting_after", "ending_before", "expand"})
MAX_EXPAND_DEPTH = 4


def list_page(
    world: World,
    params: Params,
    table: Table,
    url: str,
    noun: str,
    *,
    filters: frozenset[str] = frozenset(),
    index: str | None = None,
    value: str = "",
    keep: Callable[[Obj], bool] | None = None,
) -> Obj:
    """One page, newest first, of the objects under an index that pass `keep` and `created[…]`."""
    params.allow(LIST_PARAMS | filters)
    limit = params.integer("limit")
    if limit is None:
        limit = DEFAULT_LIMIT
    elif not 1 <= limit <= MAX_LIMIT:
        side = "greater than or equal to 1" if limit < 1 else f"less than or equal to {MAX_LIMIT}"
        raise bad_param("limit", f"This value must be {side}.", "parameter_invalid_integer")
    ids = table.ids(index, value)
    after = _cursor(params, "starting_after", table, noun)
    before = _cursor(params, "ending_before", table, noun)
    passes = _time_filter(params)
    found: list[Obj] = []
    low, high = 0, len(ids)
    if after is not None:
        high = bisect_left(ids, after, key=table.position)
    if before is not None:
        low = bisect_right(ids, before, key=table.position)
    # A page before a cursor is the one nearest to it, so it is gathered from that end.
    places = range(low, high) if before is not None and after is None else range(high - 1, low - 1, -1)
    for place in places:
        obj = table.get(ids[place])
        if obj is not None and passes(obj) and (keep is None or keep(obj)):
            found.append(obj)
            if len(found) > limit:
                break
    has_more = len(found) > limit
    del found[limit:]
    if before is not None and after is None:
        found.reverse()
    return page_of(url, [show(world, obj) for obj in found], has_more=has_more)


def _cursor(params: Params, name: str, table: Table, noun: str) -> int | None:
    id = params.text(name)
    if id is None:
        return None
    if table.get(id) is None:
        raise no_such_reference(noun, id, param=name)
    return table.position(id)


def _time_filter(params: Params) -> Callable[[Obj], bool]:
    if "created" not in params.values:
        return lambda _: True
    if isinstance(params.values["created"], str):
        exact = params.required_integer("created")
        return lambda obj: bool(obj["created"] == exact)
    bounds = params.part("created") or Params({})
    bounds.allow({"gt", "gte", "lt", "lte"})
    gt, gte, lt, lte = (bounds.integer(name) for name in ("gt", "gte", "lt", "lte"))
    low = max(gt + 1 if gt is not None else 0, gte or 0)
    highs = [bound for bound in (lt - 1 if lt is not None else None, lte) if bound is not None]
    high = min(highs) if highs else None
    return lambda obj: bool(low <= obj["created"] and (high is None or obj["created"] <= high))


def check_expand(paths: list[str]) -> None:
    """Refuse, before anything happens, paths that no object can expand."""
    for path in paths:
        names = path.split(".")
        if len(names) > MAX_EXPAND_DEPTH:
            raise bad_param("expand", "You cannot expand more than 4 levels of a property.")
        if not EXPANDABLE.issuperset(names):
            raise bad_param("expand", f"This property cannot be expanded ({path}).")


def expand(world: World, shown: Obj, paths: list[str]) -> Obj:
    """Replace ids named by `paths` (`charge.balance_transaction`, in lists `data.charge`) by their objects."""
    for path in paths:
        shown = _expanded(world, shown, path.split("."))
    return shown


def _expanded(world: World, shown: Obj, names: list[str]) -> Obj:
    name, *rest = names
    included = INCLUDABLE.get((shown.get("object", ""), name))
    value = included(world, shown) if included is not None else shown.get(name)
    if isinstance(value, str):
        target = world.by_id(value)
        value = value if target is None else show(world, target)
    if rest and isinstance(value, dict):
        value = _expanded(world, value, rest)
    elif rest and isinstance(value, list):
        value = [_expanded(world, item, rest) for item in value]
    return shown if value is None else {**shown, name: value}


def _refunds_of(world: World, charge: Obj) -> Obj:
    refunds = [show(world, refund) for refund in world.refunds.find("charge", charge["id"])]
    return page_of(f"/v1/charges/{charge['id']}/refunds", refunds[: -DEFAULT_LIMIT - 1 : -1])


def _line_items_of(world: World, session: Obj) -> Obj:
    items = world.session_items.rows[session["id"]]["items"]
    return page_of(f"/v1/checkout/sessions/{session['id']}/line_items", items)


EXPANDABLE = frozenset(
    "balance_transaction balance_transactions charge data destination destination_payment "
    "destination_payment_refund dispute failure_balance_transaction latest_charge line_items payment_intent refunds "
    "reversals source source_refund source_transaction source_transfer source_transfer_reversal transfer "
    "transfer_reversal customer payment_method application".split()
)
INCLUDABLE: dict[tuple[str, str], Callable[[World, Obj], object]] = {
    ("charge", "refunds"): _refunds_of,
    ("checkout.session", "line_items"): _line_items_of,
}
