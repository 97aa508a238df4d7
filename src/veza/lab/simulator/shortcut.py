"""From a compiled statement straight to sqlite3: the simulator's way around 200 µs of machinery per statement.

SQLAlchemy still writes every statement, converts every value and keeps the identity map. What is left out is what it
does again at each execution: finding the connection, merging options, building contexts and results. A plan does that
once for each statement. An unusual statement (an ORM update, a default, a loader option) has no plan and goes the
ordinary way; both ways share one connection and one transaction. A test plays the same seeds both ways.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Dialect, Uuid
from sqlalchemy.engine.result import result_tuple
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.orm import Mapper
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm.attributes import instance_dict, instance_state
from sqlalchemy.orm.context import _MapperEntity
from sqlalchemy.sql.compiler import SQLCompiler

from veza.kit.database import UtcDateTime

Value = Callable[[Mapping[str, Any], Sequence[Any]], Any]
"""Gives a parameter's value from what was passed and from what the statement itself carries."""
Rows = Callable[[Any, Sequence[Any]], Sequence[Any]]
Part = Callable[[OrmSession, Sequence[Any]], Any]
Convert = Callable[[Any], Any] | None
MemoKey = tuple[tuple[str, ...], bool]

MEMO = "_veza_plans"
"""Statements that are built once carry their plans themselves."""
ORDINARY_OPTIONS = frozenset({"populate_existing", "synchronize_session"})


class Found(list[Any]):
    """What a statement found, with the methods of a result."""

    def __init__(self, rows: Sequence[Any], rowcount: int = -1) -> None:
        super().__init__(rows)
        self.rowcount = rowcount

    def all(self) -> list[Any]:
        return self

    def scalars(self) -> Found:
        return Found([row[0] for row in self])

    def first(self) -> Any:
        return self[0] if self else None

    def one_or_none(self) -> Any:
        if len(self) > 1:
            raise MultipleResultsFound(f"{len(self)} rows were found when one was required")
        return self.first()

    def one(self) -> Any:
        if not self:
            raise NoResultFound("no row was found when one was required")
        return self.one_or_none()


@dataclass(slots=True)
class Filled:
    """The text of a statement for lists of given lengths, and where each of its question marks finds its value."""

    sql: str
    marks: Sequence[tuple[int, int | None, Convert]]


@dataclass(slots=True)
class Plan:
    """One statement, compiled: `rows` makes what the caller gets of what the database returned."""

    compiled: SQLCompiler
    values: Sequence[tuple[str, Value]]
    lists: Sequence[int]
    rows: Rows
    only_reads: bool
    by_lengths: dict[tuple[int, ...], Filled] = field(default_factory=dict)

    def filled(self, values: Sequence[Any]) -> Filled:
        lengths = tuple([len(values[at]) for at in self.lists]) if self.lists else ()
        known = self.by_lengths.get(lengths)
        if known is None:
            known = self.by_lengths[lengths] = self._fill(values)
        return known

    def _fill(self, values: Sequence[Any]) -> Filled:
        places: dict[str, tuple[int, int | None]] = {name: (at, None) for at, (name, _) in enumerate(self.values)}
        convert: dict[str, Any] = dict(self.compiled._bind_processors)
        sql: str = self.compiled.string
        marks: Sequence[str] | None = self.compiled.positiontup
        if self.lists:
            given = {name: value for (name, _), value in zip(self.values, values, strict=True)}
            expanded = self.compiled._process_parameters_for_postcompile(given)
            sql, marks = expanded.statement, expanded.positiontup
            convert.update(expanded.processors)
            for name, elements in expanded.parameter_expansion.items():
                places |= {element: (places[name][0], i) for i, element in enumerate(elements)}
        return Filled(sql, [(*places[mark], convert.get(mark)) for mark in marks or ()])

    def run(self, raw: sqlite3.Connection, session: OrmSession | None, params: Any, carried: Sequence[Any]) -> Found:
        """Execute it; raises sqlite3's errors."""
        if type(params) is not dict:
            if params and len(params) > 1:
                sets = [self.ready(one, carried) for one in params]
                if self.compiled.effective_returning:  # SQLAlchemy, too, has rows of such a statement, not of many
                    return Found([row for each in sets for row in self.rows(session, raw.execute(*each).fetchall())])
                cursor = raw.executemany(sets[0][0], [arguments for _, arguments in sets])
                return Found((), cursor.rowcount)
            params = params[0] if params else {}
        cursor = raw.execute(*self.ready(params, carried))
        found = cursor.fetchall()
        return Found(self.rows(session, found) if found else (), cursor.rowcount)

    def ready(self, params: Mapping[str, Any], carried: Sequence[Any]) -> tuple[str, list[Any]]:
        """The statement's text and its arguments, as the driver takes them."""
        values = [value(params, carried) for _, value in self.values]
        filled = self.filled(values)
        arguments = []
        for at, element, convert in filled.marks:
            value = values[at] if element is None else values[at][element]
            arguments.append(value if convert is None else convert(value))
        return filled.sql, arguments


class Shortcut:
    """The plans of one engine's statements."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._plans: dict[Any, Plan | None] = {}

    def plan(self, statement: Any, params: Any) -> tuple[Plan, Sequence[Any]] | None:
        """The plan of a statement and the values it carries itself; None when it has to go the ordinary way."""
        keys: MemoKey = _keys(params)
        memo: dict[MemoKey, tuple[Plan, Sequence[Any]] | None] | None = statement.__dict__.get(MEMO)
        if memo is None:
            memo = {}
            statement._set_memoized_attribute(MEMO, memo)  # not taken over by what is built on it
        if keys in memo:
            return memo[keys]
        key = statement._generate_cache_key()
        if key is None or key[2]:
            return None
        whole = (key[0], keys, *_options(statement))
        if whole not in self._plans:
            self._plans[whole] = self._made(statement, keys)
        plan = self._plans[whole]
        memo[keys] = None if plan is None else (plan, key[1])
        return memo[keys]

    def _made(self, statement: Any, keys: MemoKey) -> Plan | None:
        if getattr(statement, "_with_options", ()) or not ORDINARY_OPTIONS.issuperset(statement._execution_options):
            return None
        if statement._propagate_attrs.get("compile_state_plugin") == "orm" and not statement.is_select:
            if not (statement.is_insert or statement._execution_options.get("synchronize_session") is False):
                return None  # it may change objects of this session, too
            statement = statement._clone()
            statement._propagate_attrs = {}
        names, many = keys
        compiled, *_ = statement._compile_w_cache(
            self._dialect, compiled_cache={}, column_keys=list(names), for_executemany=many
        )
        if compiled.literal_execute_params or compiled.insert_prefetch or compiled.update_prefetch:
            return None
        if compiled.escaped_bind_names or (many and compiled.post_compile_params):
            return None
        values = _values(compiled, frozenset(names))
        rows = self._rows(statement, compiled)
        if values is None or rows is None:
            return None
        lists = [at for at, (name, _) in enumerate(values) if compiled.binds[name] in compiled.post_compile_params]
        return Plan(compiled, values, lists, rows, not (compiled.isinsert or compiled.isupdate or compiled.isdelete))

    def _rows(self, statement: Any, compiled: SQLCompiler) -> Rows | None:
        columns = compiled._result_columns
        convert = [_converter(entry.type, self._dialect) for entry in columns]
        entities = getattr(compiled.compile_state, "_entities", ())
        if not any(isinstance(one, _MapperEntity) for one in entities):
            row = result_tuple([entry.keyname for entry in columns])
            return lambda _session, found: [row(_convert_row(convert, one)) for one in found]
        place = {column: at for at, entry in enumerate(columns) for column in entry.objects}
        parts: list[Part] = []
        for entity in entities:
            if not isinstance(entity, _MapperEntity):
                at = place.get(entity.column)
                if at is None:
                    return None
                parts.append(_Column(at, convert[at]))
            elif entity.is_aliased_class or entity.mapper.polymorphic_map:
                return None
            else:
                parts.append(_Loader(entity.mapper, place, convert, *_options(statement)))
        if len(parts) == 1:
            (only,) = parts
            return lambda session, found: [(only(session, one),) for one in found]
        row = result_tuple([entity._label_name for entity in entities])
        return lambda session, found: [row([part(session, one) for part in parts]) for one in found]


class _Column:
    """One column of a row."""

    def __init__(self, at: int, convert: Convert) -> None:
        self._at, self._convert = at, convert

    def __call__(self, _: OrmSession, row: Sequence[Any]) -> Any:
        value = row[self._at]
        return value if self._convert is None else self._convert(value)


class _Loader:
    """The object of one mapped class in a row, through the session's identity map; None where a join found none."""

    def __init__(self, mapper: Mapper[Any], place: Mapping[Any, int], convert: Sequence[Convert], fresh: bool) -> None:
        self._manager = mapper.class_manager
        self._class = mapper._identity_class
        self._fresh = fresh
        found = [(prop.key, place[prop.columns[0]]) for prop in mapper.column_attrs]
        self._names = [name for name, _ in found]
        self._places = [(at, convert[at]) for _, at in found]
        self._key = [self._names.index(mapper.get_property_by_column(column).key) for column in mapper.primary_key]

    def __call__(self, session: OrmSession, row: Sequence[Any]) -> Any:
        values = [row[at] if to is None else to(row[at]) for at, to in self._places]
        known: Any = session.identity_map
        key = (self._class, tuple([values[at] for at in self._key]), None)
        instance = known.get(key)
        if instance is None:
            if None in key[1]:
                return None
            instance = self._manager.new_instance()
            state: Any = instance_state(instance)
            state.key, state.session_id = key, session.hash_key
            known._add_unpresent(state, key)
            instance_dict(instance).update(zip(self._names, values, strict=True))
        elif self._fresh:
            values_of = instance_dict(instance)
            values_of.update(zip(self._names, values, strict=True))
            instance_state(instance)._commit_all(values_of, known)
        return instance


def _converter(kind: Any, dialect: Dialect) -> Convert:
    for remembered in (Uuid, UtcDateTime):
        if isinstance(kind, remembered):
            return _remembered(dialect, remembered)
    convert: Convert = kind._cached_result_processor(dialect, None)
    return convert


@cache
def _remembered(dialect: Dialect, kind: type[Any]) -> Convert:
    # One memory for all columns: the same few ids and instants are read again and again, in one column after another.
    convert: Convert = kind()._cached_result_processor(dialect, None)
    return lru_cache(10_000)(convert) if convert is not None else None


def _convert_row(convert: Sequence[Convert], row: Sequence[Any]) -> list[Any]:
    return [value if to is None else to(value) for value, to in zip(row, convert, strict=True)]


def _keys(params: Any) -> MemoKey:
    if not params:
        return (), False
    if type(params) is dict:
        return tuple(params), False
    return tuple(params[0]), len(params) > 1


def _options(statement: Any) -> tuple[bool]:
    return (bool(statement._execution_options.get("populate_existing")),)


def _values(compiled: SQLCompiler, names: frozenset[str]) -> list[tuple[str, Value]] | None:
    """Where each named parameter's value comes from, found the way `construct_params` finds it."""
    carried = {}
    if compiled.cache_key is not None and compiled._cache_key_bind_match is not None:
        match, _ = compiled._cache_key_bind_match
        carried = {bind: at for at, original in enumerate(compiled.cache_key[1]) for bind in match[original]}
    found: list[tuple[str, Value]] = []
    for bind, name in compiled.bind_names.items():
        if bind.key in names or name in names:
            found.append((name, _passed(bind.key if bind.key in names else name)))
        elif bind.required or bind.callable:
            return None
        elif bind in carried:
            found.append((name, _carried(carried[bind])))
        else:
            found.append((name, _constant(bind.value)))
    return found


def _passed(key: str) -> Value:
    return lambda params, _: params[key]


def _carried(at: int) -> Value:
    return lambda _, carried: carried[at].value


def _constant(value: Any) -> Value:
    return lambda _, __: value
