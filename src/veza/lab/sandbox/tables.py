"""The sandbox's memory: tables of Stripe-shaped objects with the few indexes its lists need."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator

from veza.lab.sandbox.wire import Obj

IndexKey = Callable[[Obj], str | None]
# What the store has to write: table and position, and the id found there.
Changes = dict[tuple[str, int], str]


class Table:
    """Objects of one kind in order of creation, found by id or through an index.

    An object's dictionary may be changed in place; `touch` then marks it for the store. What an index looks at
    must never change, except that `None` may become a value, announced by `reindex`.
    """

    def __init__(self, name: str, changed: Changes | None, **indexes: IndexKey) -> None:
        self.name = name
        self.rows: dict[str, Obj] = {}
        self._order: list[str] = []
        self._position: dict[str, int] = {}
        self._made = 0
        self._changed = changed
        self._keys = indexes
        self._indexes: dict[str, dict[str, list[str]]] = {index: {} for index in indexes}

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, obj: Obj) -> Obj:
        """Insert a new object under its `id`."""
        self.restore(self._made, obj)
        self.touch(obj["id"])
        return obj

    def restore(self, position: int, obj: Obj) -> None:
        """Insert an object where it was, for the store; positions must come in ascending order."""
        id: str = obj["id"]
        self.rows[id] = obj
        self._position[id] = position
        self._made = position + 1
        self._order.append(id)
        for index, key in self._keys.items():
            value = key(obj)
            if value is not None:
                self._indexes[index].setdefault(value, []).append(id)

    def get(self, id: str) -> Obj | None:
        return self.rows.get(id)

    def touch(self, id: str) -> None:
        """Say that this object was changed in place."""
        if self._changed is not None:
            self._changed[self.name, self._position[id]] = id

    def reindex(self, index: str, id: str) -> None:
        """Enter an object whose indexed value became known only now."""
        value = self._keys[index](self.rows[id])
        if value is not None:
            ids = self._indexes[index].setdefault(value, [])
            place = bisect_left(ids, self._position[id], key=self._position.__getitem__)
            ids.insert(place, id)
        self.touch(id)

    def remove(self, id: str) -> None:
        """Forget an object of a table that has no indexes."""
        assert not self._keys, f"{self.name} has indexes that would still name {id}"
        self.touch(id)
        del self.rows[id]
        del self._position[id]
        if len(self._order) > 2 * len(self.rows) + 64:
            self._order = list(self.rows)

    def position(self, id: str) -> int:
        """When this object was made, compared with the others of the table."""
        return self._position[id]

    def has_index(self, name: str) -> bool:
        return name in self._keys

    def ids(self, index: str | None = None, value: str = "") -> list[str]:
        """Ids in order of creation: all, or those whose index has this value. Removed ones may be among them."""
        if index is None:
            return self._order
        return self._indexes[index].get(value, [])

    def find(self, index: str, value: str) -> Iterator[Obj]:
        """Objects whose index has this value, oldest first."""
        rows = self.rows
        return (rows[id] for id in self.ids(index, value) if id in rows)
