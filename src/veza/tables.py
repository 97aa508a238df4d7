"""Every table of every room in one place, for migrations; importing it imports the rooms."""

from __future__ import annotations

from veza.accounts import people
from veza.api import idempotency
from veza.catalog import artists, covers, importing, releases, slugs, tagging, tracks
from veza.kit.database import Base
from veza.money import backlog, operator, pace_postgres, room, sellers

WITH_TABLES = (
    idempotency, backlog, operator, pace_postgres, room, sellers, people, artists, releases, tracks, covers, slugs,
    tagging, importing,
)  # fmt: skip
"""Modules that map tables, or import those that do."""

METADATA = Base.metadata
