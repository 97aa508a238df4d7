"""State machines: a table of moves, one writer, compare-and-set, and an append-only history.

`Machine.move` is the only code in Veza that writes a `status`; tests/money/test_one_writer.py reads every
module's syntax tree and fails when anything else does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar, cast
from uuid import UUID

from sqlalchemy import JSON, Column, CursorResult, Index, Update, bindparam, func, inspect, select, update
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from veza.kit.database import Base, Session, table_of
from veza.kit.messages import Message, Packed, gettext, restored, stored


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed change of status; `when` and `who` are for people and for the generated diagrams."""

    source: str
    target: str
    when: str
    who: str


class StatusChange(Base):
    """One change of one row's status: from, to, when, who, why, and the provider's request or event that caused it.

    `about_id` is the row that this one belongs to: the payment of a refund or transfer; its own id if it stands alone.
    """

    __tablename__ = "status_changes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    machine: Mapped[str]
    row_id: Mapped[UUID]
    about_id: Mapped[UUID]
    source: Mapped[str | None]
    target: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]
    because_id: Mapped[str] = mapped_column("because")
    because_fields: Mapped[Packed | None]
    provider_request_id: Mapped[str | None]
    provider_event_id: Mapped[str | None]

    __table_args__ = (Index(None, "about_id"), Index(None, "row_id"))

    @property
    def reason(self) -> Message:
        """Why, as a message; a person's own words are one, too."""
        return restored(self.because_id, self.because_fields)

    @property
    def because(self) -> str:
        """Why, in English."""
        return str(self.reason)


class HasStatus(Protocol):
    """The columns that `Machine` needs of a row, beside the one it counts versions by."""

    id: Any
    status: Any


class ForbiddenMove(Exception):
    """The table of moves has no such move: a bug, or a question asked of the wrong row."""

    def __init__(self, machine: str, source: str, target: str) -> None:
        super().__init__(
            gettext("a {machine} cannot go from {source} to {target}", machine=machine, source=source, target=target)
        )
        self.source, self.target = source, target


class Stale(Exception):
    """Another request or worker changed the row first; this call wrote nothing."""

    def __init__(self, machine: str, row_id: UUID, expected: Message) -> None:
        super().__init__(
            gettext(
                "{machine} {row_id} is no longer {expected}: another request was first",
                machine=machine,
                row_id=row_id,
                expected=expected,
            )
        )
        self.row_id = row_id


R = TypeVar("R", bound=HasStatus)


class Machine(Generic[R]):
    """The moves of one kind of row, and the only writer of its status.

    `version` names the attribute that is compared beside the status: a worker's rows count their attempts with it.
    """

    def __init__(
        self, name: str, model: type[R], statuses: tuple[str, ...], moves: tuple[Move, ...], *, version: str = "attempt"
    ) -> None:
        self.name = name
        self.version = version
        self.model = model
        self.statuses = statuses
        self.moves = moves
        self._allowed = {(move.source, move.target) for move in moves}
        self._writes: dict[tuple[str, ...], Update] = {}
        # By the names of the attributes: a message's id stands in a column of another name (`because`, `reason`).
        self._columns = inspect(model).columns
        # A new object says what its row holds in every column: an attribute left out would be read from the database.
        self._empty = {name: None for name, column in self._columns.items() if _is_empty_by_default(column)}

    def allows(self, source: str, target: str) -> bool:
        return (source, target) in self._allowed

    async def move(
        self, session: Session, row: R, to: str, *, because: Message, request_id: str | None = None, **facts: Any
    ) -> None:
        """Move `row` to status `to`, setting the columns in `facts` with it.

        Raises ForbiddenMove when the table has no such move, Stale when the row's status or version is no
        longer what `row` shows. On success `row` shows the new values and the history has one more entry.
        """
        if not self.allows(row.status, to):
            raise ForbiddenMove(self.name, row.status, to)
        source = row.status
        await self._write(session, row, {"status": to, **facts})
        self._remember(session, row.id, _about_row(row), source, to, because, request_id)

    async def update(self, session: Session, row: R, **facts: Any) -> None:
        """Set columns other than the status, guarded like a move. Raises Stale if another request was first."""
        if "status" in facts:
            raise TypeError("update does not write a status; move does")
        await self._write(session, row, facts)

    async def create(self, session: Session, rows: list[dict[str, Any]], *, because: Message) -> list[R]:
        """Insert `rows` (column values, `status` included) and begin their histories; returns them as objects."""
        if not rows:
            return []
        created = [self.model(**{**self._empty, **values}) for values in rows]
        session.add_all(created)
        await session.flush()
        for values in rows:
            self._remember(session, values["id"], _about(values), None, values["status"], because)
        return created

    async def _write(self, session: Session, row: R, values: Mapping[str, Any]) -> None:
        version = getattr(row, self.version)
        guard = {"the_id": row.id, "the_status": row.status, "the_version": version}
        result = cast("CursorResult[Any]", await session.execute(self._guarded(tuple(values)), {**guard, **values}))
        if result.rowcount != 1:
            raise Stale(self.name, row.id, self._seen(row.status, version))
        for column, value in values.items():
            set_committed_value(row, column, value)

    def _seen(self, status: str, version: int) -> Message:
        if self.version == "attempt":
            return gettext("{row_status} at attempt {attempt}", row_status=status, attempt=version)
        return gettext("{row_status} at version {version}", row_status=status, version=version)

    def _guarded(self, columns: tuple[str, ...]) -> Update:
        # Built once per set of columns: building it anew cost more than the database's answer.
        if columns not in self._writes:
            compared = {"id": "the_id", "status": "the_status", self.version: "the_version"}
            mine = [self._columns[name] == bindparam(bound) for name, bound in compared.items()]
            written: dict[Any, Any] = {self._columns[name]: bindparam(name) for name in columns}
            self._writes[columns] = update(table_of(cast(type[Base], self.model))).where(*mine).values(written)
        return self._writes[columns]

    def _remember(
        self,
        session: Session,
        row_id: UUID,
        about_id: UUID,
        source: str | None,
        target: str,
        because: Message,
        request_id: str | None = None,
    ) -> None:
        why, fields = stored(because)
        change = {
            "id": session.new_id(),
            "machine": self.name,
            "row_id": row_id,
            "about_id": about_id,
            "source": source,
            "target": target,
            "at": session.now,
            "by": session.actor,
            "because": why,
            "because_fields": fields,
            "provider_request_id": request_id,
            "provider_event_id": session.event_id,
        }
        session.append(StatusChange, change)


def _is_empty_by_default(column: Column[Any]) -> bool:
    has_default = column.default is not None or column.server_default is not None
    return bool(column.nullable) and not has_default and not isinstance(column.type, JSON)


def _about(values: Mapping[str, Any]) -> UUID:
    return cast(UUID, values.get("payment_id", values["id"]))


def _about_row(row: HasStatus) -> UUID:
    return cast(UUID, getattr(row, "payment_id", row.id))


async def count_about(session: Session, about_id: UUID) -> int:
    """How many moves were made of all rows that belong to this one; a higher number than before means a new record."""
    await session.write_appended()
    return int(await session.scalar(_COUNT, {"about_id": about_id}) or 0)


_COUNT = select(func.count()).select_from(StatusChange).where(StatusChange.about_id == bindparam("about_id"))


async def history_of(session: Session, row_id: UUID) -> Sequence[StatusChange]:
    """The moves of one row, oldest first."""
    await session.write_appended()
    mine = select(StatusChange).where(StatusChange.row_id == row_id).order_by(StatusChange.id)
    return (await session.scalars(mine)).all()


async def histories_of(session: Session, row_ids: Collection[UUID]) -> dict[UUID, list[StatusChange]]:
    """The same of several rows, in one statement."""
    await session.write_appended()
    found: dict[UUID, list[StatusChange]] = {row_id: [] for row_id in row_ids}
    if found:
        theirs = select(StatusChange).where(StatusChange.row_id.in_(found)).order_by(StatusChange.id)
        for change in await session.scalars(theirs):
            found[change.row_id].append(change)
    return found
