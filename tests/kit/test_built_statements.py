"""Statements made at import: every parameter that is compared with a column or written to one has that column's type.

A column with a foreign key has no type until the other table is mapped: a parameter compared with it before that would
be handed to the driver as it is, and SQLite knows no UUID.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import ClauseElement, CompoundSelect, Select, UpdateBase
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.sqltypes import NullType

import veza

COUNTS = {"limit", "most"}
"""Parameters that are compared with nothing."""


def _modules() -> list[str]:
    return sorted(found.name for found in pkgutil.walk_packages(veza.__path__, "veza."))


def _statements(module: Any) -> Iterator[tuple[str, ClauseElement]]:
    for name, value in vars(module).items():
        for one in value.values() if isinstance(value, dict) else (value,):
            if isinstance(one, Select | UpdateBase | CompoundSelect):
                yield name, one


@pytest.mark.parametrize("module", sorted({name.split(".")[1] for name in _modules()} - {"__main__"}))
def test_the_parameters_of_statements_made_at_import_have_types(module: str) -> None:
    untyped = [
        f"{name}.{statement}: {found.key}"
        for name in _modules()
        if name.split(".")[1] == module
        for statement, built in _statements(importlib.import_module(name))
        for found in built.compile(dialect=sqlite.dialect()).binds.values()  # type: ignore[attr-defined]
        if isinstance(found.type, NullType) and found.key not in COUNTS
    ]
    assert untyped == []
