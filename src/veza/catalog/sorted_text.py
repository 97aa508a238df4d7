"""Columns by which rows are sorted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String

from veza.catalog.text_fields import sort_key

SORTED = String().with_variant(String(collation="C"), "postgresql")
"""A column whose text sorts by code point, on every database: what `sort_key` gives, and slugs."""


def sort_key_of(column: str) -> Any:
    """A column's default: the sort key of another column of the same row."""

    def default(context: Any) -> str:
        return sort_key(context.get_current_parameters()[column])

    return default
