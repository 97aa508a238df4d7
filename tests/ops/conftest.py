"""The money module's stage, for what the operator's door shows of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrated import put_migrated
from tests.money.conftest import open_stage
from veza.settings import Settings

__all__ = ["open_stage"]


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    """A VAR_DIR of this test's own, `var` in its folder, with a migrated database."""
    return put_migrated(tmp_path / "var")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a database without any table."""
    folder = tmp_path / "var"
    folder.mkdir()
    url = {} if request.param == "sqlite" else {"database_url": request.getfixturevalue("empty_postgres_url")}
    return Settings(var_dir=folder, **url)
