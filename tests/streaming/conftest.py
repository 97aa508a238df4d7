"""A label on both databases, and a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browsers import chromium
from tests.streaming.scrobbling import server, world
from tests.streaming.world import Label, open_label
from veza.kit.database import Database

__all__ = ["chromium", "server", "world"]


@pytest.fixture
async def label(database: Database, tmp_path: Path) -> Label:
    return await open_label(database, tmp_path / "label")
