"""Comparing a file's values with those of the last import: only values that changed in the file are written.

A removed tag changes nothing: its value stays. A value that people wrote in the meantime stays as well, unless the file
has a new value for the same field: then the newer one, the file's, is written, and the report notes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LISTS = frozenset({"tags"})
"""Fields with several values, which are added and removed one by one."""


@dataclass(slots=True)
class Change:
    """The columns to write, and notes about replaced values of people and removed tags."""

    values: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def changes(
    before: Mapping[str, Any], now: Mapping[str, Any], there: Mapping[str, Any], *, weak: Sequence[str] = ()
) -> Change:
    """`before` and `now` are the file's values at the last import and today, `there` those of the catalogue. Fields in
    `weak` are derived from a name or a count, and never replace a value of people.

    Without `before` only empty fields of the catalogue are filled.
    """
    found = Change()
    for name, value in now.items():
        said, has = before.get(name), there.get(name)
        if _is_empty(value):
            if not _is_empty(said) and not _is_blank(has):
                found.notes.append(f"its {_named(name)} is gone from the file; the draft keeps it")
            continue
        if value in (said, has):
            continue
        if name not in before:
            if _is_blank(has):
                found.values[name] = value
            elif before:
                found.notes.append(f"its {_named(name)} is {_shown(has)} and stays; the files say {_shown(value)} now")
            continue
        if has != said and not _is_blank(has) and name not in LISTS:
            if name in weak:
                continue
            found.notes.append(
                f"its {_named(name)} was set to {_shown(has)} by hand; the file says {_shown(value)} now"
            )
        found.values[name] = _merged(said, value, has) if name in LISTS else value
    return found


def _merged(said: Any, value: Any, has: Any) -> list[Any]:
    """The catalogue's values, less those removed from the file, plus those added to it."""
    gone, there = [one for one in said or () if one not in value], list(has or ())
    new = [one for one in value if one not in (said or ()) and one not in there]
    return [one for one in there if one not in gone] + new


def _is_empty(value: Any) -> bool:
    return value is None or value == [] or value == ""


def _is_blank(has: Any) -> bool:
    """Whether the catalogue has no value there; False counts as none: a track is not explicit until a file says so."""
    return _is_empty(has) or has is False


def _named(name: str) -> str:
    return name.replace("_", " ")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one.get("name") if isinstance(one, dict) else one) for one in value)[:80]
    return f"“{value}”"
