"""Lists that are read in slices: sorted by one column, then by id; each slice begins after a given row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import BindParameter, Integer, ScalarSelect, Select, and_, bindparam, literal, or_, select

After: TypeAlias = tuple[Any, Any]
"""The last row of the slice before: its value in the sorted column (None if the list is sorted by id), and its id."""

S = TypeVar("S", bound=Select[*tuple[Any, ...]])


# PostgreSQL plans a statement of six tables for longer than it reads fifty rows (1.5 ms of 2), and does so each time
# unless one plan for every parameter looks as good as one for these. These two let it.


def constant(value: str) -> BindParameter[str]:
    """A value that is the same in every run, written into the statement: a partial index is used only for a
    constant."""
    return literal(value, literal_execute=True)


def bound(name: str, column: Any) -> BindParameter[Any]:
    """A parameter of the column's type; the database plans for its value."""
    return bindparam(name, type_=column.type)


def any_value(name: str, column: Any) -> ScalarSelect[Any]:
    """A parameter whose value the planner does not see: for lists where one plan, an index read in order, is always
    right."""
    return select(bound(name, column)).scalar_subquery()


@dataclass(frozen=True, slots=True, eq=False)
class Sort:
    """One order of a list: by `column`, then by `row_id`, both descending if `is_descending`, else both ascending.

    Without a column the list is sorted by id alone, which is by time of creation. `key_of` and `id_of` name the two in
    a row of the list, such as `product.price_minor`.
    """

    row_id: Any
    column: Any = None
    is_descending: bool = False
    key_of: str = ""
    id_of: str = "id"

    def last(self, row: Any) -> After:
        """`after` for the next slice, if this row is the last one of a slice."""
        return (attrgetter(self.key_of)(row) if self.column is not None else None), attrgetter(self.id_of)(row)

    def prepared(self, found: S, *, goes_on: bool, skewed: bool = False) -> S:
        """`found` as one slice: a statement built once and run with the slice's `params`.

        With `skewed` the database plans for each value of the filters; without it all values share one plan.
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
"""The orders of a list by name; the first is the default."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Which rows of a list are read: at most `limit` in one order, beginning after a given row."""

    sort: Sort
    limit: int
    after: After | None = None

    def of(self, found: S) -> S:
        """`found`, sorted and cut to this slice."""
        return self.sort._cut(found, self.limit, self.after)

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of a prepared statement."""
        if self.after is None:
            return {"limit": self.limit}
        key, row_id = self.after
        given = {"limit": self.limit, "after_id": row_id}
        return given if self.sort.column is None else {**given, "after_key": key}


def start_of(sorts: Sorts, limit: int) -> Slice:
    """The first rows of a list in its default order."""
    return Slice(next(iter(sorts.values())), limit)


def by_age(row_id: Any, id_of: str = "id") -> dict[str, Sort]:
    """The orders `newest` and `oldest`, for rows whose ids grow with time."""
    return {"newest": Sort(row_id, is_descending=True, id_of=id_of), "oldest": Sort(row_id, id_of=id_of)}


def by_time(column: Any, row_id: Any, key_of: str, id_of: str = "id") -> dict[str, Sort]:
    """The orders `newest` and `oldest` by a column with an instant."""
    return {
        "newest": Sort(row_id, column, is_descending=True, key_of=key_of, id_of=id_of),
        "oldest": Sort(row_id, column, key_of=key_of, id_of=id_of),
    }
