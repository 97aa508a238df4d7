"""Lists that are read in slices: sorted by one thing, rows that are alike in it by their id, going on after a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import BindParameter, Integer, ScalarSelect, Select, and_, bindparam, literal, or_, select

After: TypeAlias = tuple[Any, Any]
"""The row to go on after: what the list is sorted by (None where that is the id alone), and its id."""

S = TypeVar("S", bound=Select[*tuple[Any, ...]])


# PostgreSQL plans a statement of six tables for longer than it reads fifty rows (1.5 ms of 2), and does so each time
# unless one plan for every parameter looks as good as one for these. These two let it.


def constant(value: str) -> BindParameter[str]:
    """What a statement always has, written into it: a plan for any parameter cannot use an index for only this."""
    return literal(value, literal_execute=True)


def bound(name: str, column: Any) -> BindParameter[Any]:
    """A parameter of the column's type: it is planned for the value it has."""
    return bindparam(name, type_=column.type)


def any_value(name: str, column: Any) -> ScalarSelect[Any]:
    """A parameter of which the planner knows nothing: where the same plan, by an index in order, is right for each."""
    return select(bound(name, column)).scalar_subquery()


@dataclass(frozen=True, slots=True, eq=False)
class Sort:
    """One way to sort a list: by `column`, then by `row_id`, both down when `is_descending` and both up otherwise.

    Without a column it is the id alone, which for ours is by when a row was made. `key_of` and `id_of` are where the
    two are found in a row of the list, such as `product.price_minor`.
    """

    row_id: Any
    column: Any = None
    is_descending: bool = False
    key_of: str = ""
    id_of: str = "id"

    def last(self, row: Any) -> After:
        """What the next slice goes on after when this row is the last of one."""
        return (attrgetter(self.key_of)(row) if self.column is not None else None), attrgetter(self.id_of)(row)

    def prepared(self, found: S, *, goes_on: bool, skewed: bool = False) -> S:
        """`found` as one slice, built once and run with the slice's `params`; from the start unless it goes on.

        Say `skewed` where other values it is filtered by want other plans; without it all share one.
        """
        given = bound if skewed else any_value
        key = given("after_key", self.column) if self.column is not None else None
        after = (key, given("after_id", self.row_id)) if goes_on else None
        return self._cut(found, bindparam("limit", type_=Integer(), literal_execute=not skewed), after)

    def _cut(self, found: S, limit: Any, after: After | None) -> S:
        keys = [key for key in (self.column, self.row_id) if key is not None]
        if after is not None:
            found = found.where(self._beyond(*after))
        return found.order_by(*(key.desc() if self.is_descending else key for key in keys)).limit(limit)

    def _beyond(self, key: Any, row_id: Any) -> Any:
        if self.column is None:
            return self.row_id < row_id if self.is_descending else self.row_id > row_id
        # The bound on the column alone is what an index is read by.
        if self.is_descending:
            return and_(self.column <= key, or_(self.column < key, self.row_id < row_id))
        return and_(self.column >= key, or_(self.column > key, self.row_id > row_id))


Sorts: TypeAlias = Mapping[str, Sort]
"""The names a list can be sorted by; the first is how it comes unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Which rows of a list are read: at most `limit`, sorted, going on after a row."""

    sort: Sort
    limit: int
    after: After | None = None

    def of(self, found: S) -> S:
        """`found`, sorted and cut to this slice."""
        return self.sort._cut(found, self.limit, self.after)

    @property
    def params(self) -> dict[str, Any]:
        """What a prepared statement is run with."""
        if self.after is None:
            return {"limit": self.limit}
        key, row_id = self.after
        given = {"limit": self.limit, "after_id": row_id}
        return given if self.sort.column is None else {**given, "after_key": key}


def start_of(sorts: Sorts, limit: int) -> Slice:
    """The first rows of a list as it usually comes."""
    return Slice(next(iter(sorts.values())), limit)


def by_age(row_id: Any, id_of: str = "id") -> dict[str, Sort]:
    """Newest first, or oldest first, of rows whose ids grow with time."""
    return {"newest": Sort(row_id, is_descending=True, id_of=id_of), "oldest": Sort(row_id, id_of=id_of)}


def by_time(column: Any, row_id: Any, key_of: str, id_of: str = "id") -> dict[str, Sort]:
    """The same by an instant of theirs."""
    return {
        "newest": Sort(row_id, column, is_descending=True, key_of=key_of, id_of=id_of),
        "oldest": Sort(row_id, column, key_of=key_of, id_of=id_of),
    }
