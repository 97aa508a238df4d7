"""The money module's stage, for what the operator's door shows of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.money.conftest import open_stage
from veza.ops.migrations import migrate
from veza.settings import Settings

__all__ = ["open_stage"]


@pytest.fixture(scope="session")
def migrated_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VAR_DIR with a database that the migrations have made: a quarter of a second, once per worker."""
    folder = tmp_path_factory.mktemp("migrated") / "var"
    migrate(Settings(var_dir=folder))
    return folder


@pytest.fixture
def migrated(migrated_once: Path, tmp_path: Path) -> Path:
    """A VAR_DIR of this test's own, `var` in its folder, with a migrated database."""
    return shutil.copytree(migrated_once, tmp_path / "var")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a database without any table."""
    folder = tmp_path / "var"
    folder.mkdir()
    url = {} if request.param == "sqlite" else {"database_url": request.getfixturevalue("empty_postgres_url")}
    return Settings(var_dir=folder, **url)
