"""What a file says now against what it said when it was last imported: only what it says anew is written.

A tag that is gone says nothing, and what it said before stays. What people wrote in the meantime stays as well, unless
the file says something new about the very same thing: then the newer of the two, the file's, is taken and noted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LISTS = frozenset({"tags"})
"""Fields of which single values are added and taken away."""


@dataclass(slots=True)
class Change:
    """The columns to write, and notes about what people wrote and what files do not say any more."""

    values: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def changes(
    before: Mapping[str, Any], now: Mapping[str, Any], there: Mapping[str, Any], *, weak: Sequence[str] = ()
) -> Change:
    """`before` and `now` are what the file said and says, `there` what the catalogue has. Fields in `weak` are made up
    from a name or a count: what people wrote stands above them.

    With nothing in `before`, what is empty in the catalogue is filled, and no more.
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
    """What is there, without what the file says no more, with what it says anew."""
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
