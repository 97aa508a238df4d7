"""The types of queries that read columns of several tables: lists are one statement, whatever they show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import Row, Select

Found: TypeAlias = Row[*tuple[Any, ...]]
Rows: TypeAlias = Sequence[Found]
Query: TypeAlias = Select[*tuple[Any, ...]]
