"""A stage for every test of money; whatever a test does there, the books must balance when it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from veza.lab.simulator.stage import Stage

OpenStage = Callable[..., Awaitable[Stage]]


@pytest.fixture
async def open_stage() -> AsyncIterator[OpenStage]:
    """Open stages as `Stage.open` does; each is checked against the law and closed at the end."""
    opened: list[Stage] = []

    async def open_one(url: str = "sqlite+aiosqlite:///:memory:", **how: object) -> Stage:
        stage = await Stage.open(url, **how)  # type: ignore[arg-type]
        opened.append(stage)
        return stage

    yield open_one
    for stage in opened:
        broken = await stage.violations()
        await stage.close()
        assert broken == []


@pytest.fixture
async def stage(open_stage: OpenStage) -> Stage:
    """A stage on SQLite in memory with one seller, Anna."""
    stage = await open_stage()
    await stage.seller("anna")
    return stage


@pytest.fixture
async def any_stage(database_url: str, open_stage: OpenStage) -> Stage:
    """A stage on an SQLite file and on PostgreSQL, with two sellers: the test runs on both."""
    stage = await open_stage(database_url, create_tables=False)
    await stage.seller("anna")
    await stage.seller("ben")
    return stage


@pytest.fixture
async def postgres_stage(postgres_url: str, open_stage: OpenStage) -> Stage:
    """A stage on PostgreSQL, for what only several writers at a time can show; with one seller of each name."""
    stage = await open_stage(postgres_url, create_tables=False)
    await stage.seller("anna")
    await stage.seller("ben")
    return stage
