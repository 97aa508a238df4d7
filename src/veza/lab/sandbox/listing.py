"""Lists: pages, cursors and time filters."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable

from veza.lab.sandbox.errors import bad_param, no_such_reference
from veza.lab.sandbox.params import Params
from veza.lab.sandbox.tables import Table
from veza.lab.sandbox.views import page_of, show
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

DEFAULT_LIMIT, MAX_LIMIT = 10, 100


def list_page(
    world: World,
    params: Params,
    table: Table,
    url: str,
    noun: str,
    *,
    index: str | None = None,
    value: str = "",
    keep: Callable[[Obj], bool] | None = None,
) -> Obj:
    """One page, newest first, of the objects under an index that pass `keep` and `created[…]`."""
    limit = params.integer("limit")
    if limit is None:
        limit = DEFAULT_LIMIT
    elif not 1 <= limit <= MAX_LIMIT:
        side = "greater than or equal to 1" if limit < 1 else f"less than or equal to {MAX_LIMIT}"
        raise bad_param("limit", f"This value must be {side}.", "parameter_invalid_integer")
    ids = table.ids(index, value)
    if len(ids) > len(table):
        ids = [id for id in ids if table.get(id) is not None]
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
    gt, gte, lt, lte = (bounds.integer(name) for name in ("gt", "gte", "lt", "lte"))
    low = max(gt + 1 if gt is not None else 0, gte or 0)
    highs = [bound for bound in (lt - 1 if lt is not None else None, lte) if bound is not None]
    high = min(highs) if highs else None
    return lambda obj: bool(low <= obj["created"] and (high is None or obj["created"] <= high))
