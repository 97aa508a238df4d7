"""The statements that read the index, by kind and in the order of places. Each is built once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, TextualSelect, Uuid, bindparam, text

from veza.kit.database import Session
from veza.search.index import quoted
from veza.search.near import LAST
from veza.search.places import Kind, kind_at, range_of
from veza.search.ranking import Hit

Groups: TypeAlias = Sequence[Sequence[str]]
"""Words of which a thing has one of each group."""
NAMED = 20
"""Things of a kind that are read for a name, the most played ones."""
COMMON = 400
"""Names that begin alike: where there are more, the most played ones are read in their order."""
FEW = 5_000
"""Things up to which PostgreSQL reads all and sorts them, instead of the most played first until enough are found. Its
own choice for eight rare words took 483 ms, this one 0.3."""

_COLUMNS = "d.place, d.about_id, d.key, d.text, d.tags"
_SLIM = "d.place, d.about_id, '' AS key, '' AS text, d.tags"


async def called(session: Session, kinds: Sequence[Kind], key: str) -> list[Hit]:
    """Things whose base name is `key`, or begins so: the most played NAMED of each kind, of both."""
    found = await _hits(session, _by_key(tuple(kinds)), {"key": key, "limit": NAMED})
    given: dict[str, Any] = {"key": key, "end": key + LAST, "head": key[:2], "limit": NAMED}
    if len(key) == 1 and key.isascii():
        return found + await _hits(session, _by_first(tuple(kinds)), {"key": key, "limit": NAMED})
    if len(key) != 2:
        places = (await session.scalars(_BEGINNING, {"key": key, "end": key + LAST, "limit": COMMON})).all()
        if len(places) < COMMON or len(key) < 2:
            return found + await _at(session, _most_played(places, kinds))
    return found + await _hits(session, _by_head(tuple(kinds)), given)


async def having(
    session: Session,
    kinds: Sequence[Kind],
    ways: Sequence[Groups],
    limit: int,
    *,
    expected: int,
    inside: str = "",
    is_slim: bool = False,
) -> list[Hit]:
    """Things that have one word of each group, in one of these ways; the most played `limit` of each kind.

    `expected`: how many there may be. `inside` is a text that they have too. `is_slim`: without their texts.
    """
    given: dict[str, Any] = {"limit": limit}
    if inside:
        given["inside"] = f"%{_escaped(inside)}%"
    if session.dialect == "sqlite":
        given["words"] = " OR ".join(f"({_matching(groups)})" for groups in ways)
        statement = _sqlite(tuple(kinds), bool(inside), is_slim)
    else:
        given["words"] = " | ".join(f"({_asking(groups)})" for groups in ways)
        statement = _postgres(tuple(kinds), expected <= FEW, bool(inside), is_slim)
    return await _hits(session, statement, given)


def _matching(groups: Groups) -> str:
    return " AND ".join("(" + " OR ".join(f'"{word}"' for word in group) + ")" for group in groups)


def _asking(groups: Groups) -> str:
    return " & ".join("(" + " | ".join(map(quoted, group)) + ")" for group in groups)


def _escaped(inside: str) -> str:
    return inside.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _most_played(places: Collection[int], kinds: Sequence[Kind]) -> list[int]:
    by_kind: dict[Kind, list[int]] = {kind: [] for kind in kinds}
    for place in sorted(places, reverse=True):
        mine = by_kind.get(kind_at(place))
        if mine is not None and len(mine) < NAMED:
            mine.append(place)
    return [place for some in by_kind.values() for place in some]


async def _at(session: Session, places: Sequence[int]) -> list[Hit]:
    return await _hits(session, _AT, {"places": list(places)}) if places else []


async def _hits(session: Session, statement: TextualSelect, given: Mapping[str, Any]) -> list[Hit]:
    return [Hit(*row) for row in (await session.execute(statement, given)).all()]


def _in_each(kinds: tuple[Kind, ...], one: str, columns: str = _COLUMNS) -> TextualSelect:
    """`one` with the places of each kind, as one statement."""
    parts = []
    for kind in kinds:
        first, after = range_of(kind)
        within = f"d.place >= {first} AND d.place < {after}"
        on_rows = within.replace("d.place", "p.rowid")
        written = one.format(columns=columns, within=within, on_rows=on_rows)
        parts.append(f"SELECT * FROM ({written}) AS {kind}")
    return _typed(" UNION ALL ".join(parts))


def _typed(written: str) -> TextualSelect:
    asked = text(written)
    if ":places" in written:
        asked = asked.bindparams(bindparam("places", expanding=True))
    return asked.columns(place=BigInteger, about_id=Uuid)


@cache
def _by_key(kinds: tuple[Kind, ...]) -> TextualSelect:
    one = "SELECT {columns} FROM search_docs d WHERE d.key = :key AND {within} ORDER BY d.place DESC LIMIT :limit"
    return _in_each(kinds, one)


@cache
def _by_first(kinds: tuple[Kind, ...]) -> TextualSelect:
    return _in_each(
        kinds,
        "SELECT {columns} FROM search_docs d WHERE substr(d.key, 1, 1) = :key AND {within} "
        "ORDER BY d.place DESC LIMIT :limit",
    )


@cache
def _by_head(kinds: tuple[Kind, ...]) -> TextualSelect:
    return _in_each(
        kinds,
        "SELECT {columns} FROM search_docs d WHERE d.head = :head AND d.key >= :key AND d.key < :end AND {within} "
        "ORDER BY d.place DESC LIMIT :limit",
    )


@cache
def _sqlite(kinds: tuple[Kind, ...], is_inside: bool, is_slim: bool) -> TextualSelect:
    # Not search_docs first: its rows in the order of places would be read until enough of them match.
    inside = "AND d.text LIKE :inside ESCAPE '\\' " if is_inside else ""
    return _in_each(
        kinds,
        "SELECT {columns} FROM search_fts p CROSS JOIN search_docs d ON d.place = p.rowid "
        f"WHERE search_fts MATCH :words AND {{on_rows}} {inside}ORDER BY p.rowid DESC LIMIT :limit",
        _SLIM if is_slim else _COLUMNS,
    )


@cache
def _postgres(kinds: tuple[Kind, ...], is_few: bool, is_inside: bool, is_slim: bool) -> TextualSelect:
    inside = "AND d.text LIKE :inside ESCAPE '\\' " if is_inside else ""
    asked = "CAST(CAST(:words AS text) AS tsquery)"
    if not is_few:
        # The index of words is made unusable on purpose.
        return _in_each(
            kinds,
            f"SELECT {{columns}} FROM search_docs d WHERE (d.words || CAST('' AS tsvector)) @@ {asked} "
            f"AND {{within}} {inside}ORDER BY d.place DESC LIMIT :limit",
            _SLIM if is_slim else _COLUMNS,
        )
    columns = _SLIM if is_slim else _COLUMNS
    having = f"SELECT {columns} FROM search_docs d WHERE d.words @@ {asked} {inside}"
    parts = []
    for kind in kinds:
        first, after = range_of(kind)
        parts.append(
            f"SELECT * FROM (SELECT {_COLUMNS} FROM m d WHERE d.place >= {first} AND d.place < {after} "
            f"ORDER BY d.place DESC LIMIT :limit) AS {kind}"
        )
    return _typed(f"WITH m AS MATERIALIZED ({having}) {' UNION ALL '.join(parts)}")


_BEGINNING = text("SELECT place FROM search_docs WHERE key >= :key AND key < :end LIMIT :limit")
_AT = _typed(f"SELECT {_COLUMNS} FROM search_docs d WHERE d.place IN :places")
